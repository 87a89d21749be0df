// One client for each document: DOCUMENT names it, OUT the folder to write.
export default {
  input: process.env.DOCUMENT,
  output: { path: process.env.OUT, importFileExtension: ".js" },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
};
