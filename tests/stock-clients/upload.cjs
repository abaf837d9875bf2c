// Uploads a file with tus-js-client as an app would: the order comes as JSON in the first argument.
// CommonJS, because only that finds packages outside the clone (NODE_PATH).
const fs = require('node:fs')
const tus = require('tus-js-client')

const order = JSON.parse(process.argv[2])
const upload = new tus.Upload(fs.readFileSync(order.file), {
  endpoint: order.endpoint,
  headers: { Authorization: `Bearer ${order.token}` },
  metadata: order.metadata,
  chunkSize: order.chunk_bytes ?? Infinity,
  uploadDataDuringCreation: order.with_creation ?? false,
  retryDelays: Array(20).fill(100),
  onError: (error) => {
    console.error(String(error))
    process.exit(1)
  },
  onSuccess: () => console.log(upload.url),
})
upload.start()
