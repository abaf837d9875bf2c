/** Sending a big file with its progress, which `fetch` does not tell. */
import { noAnswer, problemOf } from "./problem";
import { accessToken, renew } from "./session";

/** Sends a file in the person's name and reads the JSON answer; `onProgress` hears the bytes sent. Statuses of 400 and above are thrown. */
export async function upload<T>(address: string, file: Blob, onProgress: (sent: number) => void): Promise<T> {
  let answer = await exchange(address, file, await accessToken(), onProgress);
  if (answer.status === 401) answer = await exchange(address, file, await renew(), onProgress);
  if (answer.status >= 400) throw await problemOf(answer);
  return (await answer.json()) as T;
}

function exchange(address: string, file: Blob, token: string, onProgress: (sent: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("authorization", `Bearer ${token}`);
    request.setRequestHeader("content-type", "application/zip");
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
    request.onerror = request.onabort = () => reject(noAnswer());
    request.send(file);
  });
}
