// The command "Insert netapi32 declaration". The texts are those of `netsession signature`, made when this is packaged.
'use strict';

const fs = require('fs');
const path = require('path');
const vscode = require('vscode');

/** What VS Code calls the languages, where it is not what the reference calls them. */
const OTHER_NAMES = { cpp: 'c', javascript: 'node', typescript: 'node' };
const KINDS = [
  { label: 'Declaration', kind: 'declaration', description: 'the function alone' },
  { label: 'With types', kind: 'types', description: 'with structures, constants and what frees the answer' },
  { label: 'With a sample', kind: 'sample', description: 'with a program that calls it' },
];

function read(name) {
  return JSON.parse(fs.readFileSync(path.join(__dirname, 'declarations', `${name}.json`), 'utf8'));
}

/** The language of the file, or the one that is chosen where the reference does not have it. */
async function language(editor, languages) {
  const id = editor.document.languageId;
  const known = languages.find(({ id: name }) => name === (OTHER_NAMES[id] ?? id));
  if (known) return known.id;
  const items = languages.map(({ id: name, name: label }) => ({ label, name }));
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'Language' });
  return chosen?.name;
}

async function insert() {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    vscode.window.showInformationMessage('Open the file that the declaration is to go into.');
    return;
  }
  const index = read('index');
  const name = await language(editor, index.languages);
  if (!name) return;
  const items = index.functions.map(({ name: label, exported, summary }) => ({
    label,
    description: exported ? '' : 'Windows only',
    detail: summary,
  }));
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'Function', matchOnDetail: true });
  if (!chosen) return;
  const texts = read(name)[chosen.label];
  const kind = await vscode.window.showQuickPick(KINDS.filter((item) => texts[item.kind]), { placeHolder: 'What' });
  if (!kind) return;
  await editor.edit((edit) => {
    for (const selection of editor.selections) edit.replace(selection, texts[kind.kind]);
  });
}

function activate(context) {
  context.subscriptions.push(vscode.commands.registerCommand('netapi32.insertDeclaration', insert));
}

module.exports = { activate, deactivate() {} };
