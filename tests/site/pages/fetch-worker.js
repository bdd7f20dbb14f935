self.onmessage = async ({ data }) => {
  const bytes = await (await fetch(data)).arrayBuffer();
  self.postMessage(bytes, [bytes]);
};
