const WHITE_SPACE = /[\s\u200b]+/g;

/** Text as it is written piece by piece: white space collapses across pieces, and lines break only between text. */
export class TextLines {
  readonly #pieces: string[] = [];
  /** Line breaks due before the next text: 2 make a blank line, and more never. */
  #breaks = 0;
  #space = false;

  /** Adds running text; any run of white space in it is one space. */
  write(text: string): void {
    const collapsed = text.replace(WHITE_SPACE, ' ');
    const words = collapsed.trim();
    if (collapsed.startsWith(' ')) this.#space = true;
    if (words === '') return;
    this.#append(words);
    this.#space = collapsed.endsWith(' ');
  }

  /** Adds text whose lines and spaces are meant as they are. */
  writePreformatted(text: string): void {
    const [first = '', ...others] = text.split(/\r\n?|\n/);
    this.#append(first);
    for (const line of others) {
      this.breakLine();
      this.#append(line);
    }
  }

  /** What follows stands on a new line. */
  startLine(): void {
    this.#breaks = Math.max(this.#breaks, 1);
  }

  /** What follows stands on a new line, one further down if it does already. */
  breakLine(): void {
    this.#breaks = Math.min(this.#breaks + 1, 2);
  }

  /** What follows stands after a blank line. */
  startParagraph(): void {
    this.#breaks = 2;
  }

  toString(): string {
    return this.#pieces.join('');
  }

  #append(text: string): void {
    if (text === '') return;
    if (this.#pieces.length > 0) {
      if (this.#breaks > 0) this.#pieces.push('\n'.repeat(this.#breaks));
      else if (this.#space) this.#pieces.push(' ');
    }
    this.#pieces.push(text);
    this.#breaks = 0;
    this.#space = false;
  }
}
