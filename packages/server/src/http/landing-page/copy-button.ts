import { html } from 'hono/html';
import type { Html } from './html.ts';

/**
 * A button that copies the text of another element. Hidden until the script shows it: without one there is nothing to
 * press.
 *
 * @param source the id of the element
 * @param what what is copied, for those who do not see what the button stands beside
 */
export function copyButton(source: string, what: string): Html {
  return html`<button type="button" hidden data-copies="${source}" aria-label="Copy ${what}">Copy</button>`;
}

/**
 * Makes the copy buttons work. `navigator.clipboard` exists over HTTPS and on loopback only, so a server reached by plain
 * HTTP on a local network falls back to the selection, which stays for the visitor to copy by hand where that fails too.
 */
export const COPY_SCRIPT = `
for (const button of document.querySelectorAll('button[data-copies]')) {
  const source = document.getElementById(button.dataset.copies);
  const announce = (text) => { document.querySelector('[role=status]').textContent = text; };
  button.hidden = false;
  button.addEventListener('click', async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      copied = document.execCommand('copy');
    }
    button.textContent = copied ? 'Copied' : 'Selected';
    announce(button.textContent);
    setTimeout(() => { button.textContent = 'Copy'; announce(''); }, 2000);
  });
}
`;
