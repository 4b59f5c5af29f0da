/** The text of a response, as far as it has come. */
interface StreamText {
  /**
   * Reads on until the text matches.
   *
   * @returns the first group of the match, or all of it
   * @throws {Error} with the text, where the response ends before
   */
  upTo(pattern: RegExp): Promise<string>;
}

export function streamText(response: Response): StreamText {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async upTo(pattern) {
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found[1] ?? found[0];
        const next = await reader?.read();
        if (next === undefined || next.done) throw new Error(`The answer ended before ${pattern}: ${text}`);
        text += next.value;
      }
    },
  };
}
