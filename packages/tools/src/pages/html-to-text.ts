// The tokenizer alone: htmlparser2's Parser looks every closing tag up in its stack of open elements, which takes minutes
// on 2 MB of hostile tags where the tokenizer takes a tenth of a second. Minified it is 44 KB (parse5: 174 KB).
import { Tokenizer } from 'htmlparser2';
import { TextLines } from './text-lines.ts';

/** Elements whose content is not for reading. Whatever else a head holds has no text, but for the title. */
const DROPPED = new Set(['iframe', 'noscript', 'script', 'style', 'svg', 'template']);

/** Elements that a blank line sets apart. */
const PARAGRAPHS = new Set(['blockquote', 'dl', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ol', 'p', 'pre', 'table', 'ul']);

/** Elements that stand on a line of their own. */
const LINES = new Set(
  [
    ['address', 'article', 'aside', 'body', 'caption', 'center', 'dd', 'details', 'dialog', 'div', 'dt', 'fieldset'],
    ['figcaption', 'figure', 'footer', 'form', 'header', 'hgroup', 'hr', 'legend', 'li', 'main', 'nav', 'option'],
    ['search', 'section', 'select', 'summary', 'tbody', 'textarea', 'tfoot', 'thead', 'tr'],
  ].flat(),
);

/** Elements that a space sets apart. */
const CELLS = new Set(['td', 'th']);

/** What a reader sees of a page. */
export interface ReadableText {
  /** Absent where the page has none. */
  readonly title?: string;
  readonly text: string;
}

/**
 * The readable text of HTML: blocks become lines, runs of white space one space, entities their characters. Any input
 * gives some text, in time linear to its length.
 *
 * @param xhtml whether it was served as XHTML, where `<script/>` is whole and not the beginning of a script
 *
 * @example
 * htmlToText('<title>Menu</title><p>Caf&eacute;<p>open'); // { title: 'Menu', text: 'Café\n\nopen' }
 */
export function htmlToText(html: string, { xhtml = false } = {}): ReadableText {
  const reader = new Reader();
  let name = '';
  const tokenizer = new Tokenizer(
    { recognizeSelfClosing: xhtml },
    {
      onopentagname(start, end) {
        name = html.slice(start, end).toLowerCase();
        reader.open(name);
      },
      onselfclosingtag() {
        if (xhtml || reader.isInSvg()) reader.close(name);
      },
      onclosetag: (start, end) => reader.close(html.slice(start, end).toLowerCase()),
      ontext: (start, end) => reader.read(html.slice(start, end)),
      ontextentity: (codePoint) => reader.read(String.fromCodePoint(codePoint)),
      isInForeignContext: () => reader.isInSvg(),
      onattribdata: ignore,
      onattribentity: ignore,
      onattribend: ignore,
      onattribname: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onopentagend: ignore,
      onprocessinginstruction: ignore,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return reader.result();
}

function ignore(): void {}

/** Keeps what is to be read of the elements and texts that pass by. */
class Reader {
  readonly #text = new TextLines();
  #title: TextLines | undefined;
  /** Where text goes now: the first title, or the page; `undefined` in a further title. */
  #into: TextLines | undefined = this.#text;
  /** The dropped element we are in, and how many of its name are open: only its own end tags matter until the last. */
  #dropped: { readonly name: string; open: number } | undefined;
  #openPres = 0;

  isInSvg(): boolean {
    return this.#dropped?.name === 'svg';
  }

  open(name: string): void {
    if (this.#dropped !== undefined) {
      if (name === this.#dropped.name) this.#dropped.open += 1;
      return;
    }
    if (DROPPED.has(name)) this.#dropped = { name, open: 1 };
    else if (name === 'title') this.#openTitle();
    else if (name === 'br') this.#text.breakLine();
    else this.#separate(name);
    if (name === 'pre') this.#openPres += 1;
  }

  close(name: string): void {
    if (this.#dropped !== undefined) {
      if (name === this.#dropped.name) this.#dropped.open -= 1;
      if (this.#dropped.open === 0) this.#dropped = undefined;
      return;
    }
    if (name === 'title') this.#into = this.#text;
    else this.#separate(name);
    if (name === 'pre') this.#openPres = Math.max(0, this.#openPres - 1);
  }

  read(text: string): void {
    if (this.#dropped !== undefined) return;
    if (this.#openPres > 0) this.#into?.writePreformatted(text);
    else this.#into?.write(text);
  }

  result(): ReadableText {
    const title = this.#title?.toString() ?? '';
    return { text: this.#text.toString(), ...(title !== '' && { title }) };
  }

  #openTitle(): void {
    this.#into = this.#title === undefined ? new TextLines() : undefined;
    this.#title ??= this.#into;
  }

  #separate(name: string): void {
    if (PARAGRAPHS.has(name)) this.#text.startParagraph();
    else if (LINES.has(name)) this.#text.startLine();
    else if (CELLS.has(name)) this.#text.write(' ');
  }
}
