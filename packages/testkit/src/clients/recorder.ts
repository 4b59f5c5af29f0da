/** A `fetch` that remembers every answer, so that a test can look for what must be in none of them. */
export interface Recorder {
  readonly fetch: typeof fetch;
  /** The headers and body of every answer so far. */
  answers(): Promise<readonly string[]>;
}

/** Makes a recorder; the answers reach the caller unchanged. */
export function recorder(): Recorder {
  const answers: Promise<string>[] = [];
  return {
    async fetch(input, init) {
      const response = await fetch(input, init);
      const copy = response.clone();
      const head = JSON.stringify([...response.headers]);
      // A caller that gives an answer up breaks the copy off too; what is not delivered reveals nothing.
      answers.push(
        copy.text().then(
          (body) => `${head}\n${body}`,
          () => head,
        ),
      );
      return response;
    },
    answers: () => Promise.all(answers),
  };
}
