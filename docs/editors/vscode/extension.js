// Starts `backstay lsp` and leaves the rest to it.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = function () {
  const command = workspace.getConfiguration("backstay").get("path");
  client = new LanguageClient(
    "backstay",
    "backstay",
    { command, args: ["lsp"] },
    {
      documentSelector: [
        { scheme: "file", language: "backstay" },
        { scheme: "file", language: "hcl" },
      ],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{hcl,hcl.json,bsvars}") },
    },
  );
  return client.start();
};

exports.deactivate = () => client && client.stop();
