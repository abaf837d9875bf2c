"""Uploads a file with tuspy as an app would: the order comes as JSON in the first argument."""

import json
import sys

from tusclient.client import TusClient

order = json.loads(sys.argv[1])
client = TusClient(order["endpoint"], headers={"Authorization": "Bearer " + order["token"]})
uploader = client.uploader(
    order["file"],
    chunk_size=order["chunk_bytes"],
    metadata=order["metadata"],
    retries=20,
    retry_delay=0.1,
    upload_checksum=order.get("checksum", False),
)
uploader.upload()
print(uploader.url)
