import { describe, expect, it } from 'vitest';
import { htmlToText } from '../src/pages/html-to-text.ts';

const textOf = (html: string) => htmlToText(html).text;

describe('the text of HTML', () => {
  it.each([
    ['words of a line', '<p>one <b>two</b>\n  three</p>', 'one two three'],
    ['words that markup joins', '<p><b>t</b>wo</p>', 'two'],
    ['blocks', '<div>one<div>two</div>three</div>', 'one\ntwo\nthree'],
    ['paragraphs', '<h1>Title</h1><p>one<p>two', 'Title\n\none\n\ntwo'],
    ['line breaks', '<p>one<br>two<br/>three<br><br><br>four', 'one\ntwo\nthree\n\nfour'],
    ['lists', '<ul><li>one</li>\n<li>two</li></ul>after', 'one\ntwo\n\nafter'],
    ['tables', '<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>', 'a b\n1 2'],
    ['entities', '&lt;p&gt; caf&eacute; &#8212; &#x1F600; &amp;amp; &nosuch; &copy', '<p> café — 😀 &amp; &nosuch; ©'],
    ['hard spaces', '<p>&nbsp;one&nbsp;&nbsp;two&nbsp;</p>', 'one two'],
    ['preformatted lines', '<pre>one\n  two\r\n\nthree</pre>', 'one\n  two\n\nthree'],
    ['text without markup', 'just text', 'just text'],
    ['a comment', 'one<!-- <p>no</p> -->two', 'onetwo'],
    ['attributes', '<p title="a > b" hidden>one</p>', 'one'],
    ['upper case', '<P>one<SCRIPT>no()</SCRIPT><BR>two', 'one\ntwo'],
    ['what is left open', '<div><p>one<b>two', 'onetwo'],
    ['closing tags of nothing', '</div></b>one</p></p>two', 'one\n\ntwo'],
    ['nothing', '', ''],
  ])('has %s', (_, html, text) => {
    expect(textOf(html)).toBe(text);
  });

  it.each([
    ['scripts', '<script>if (a < b) "<p>no</p>"</script>'],
    ['styles', '<style>p { color: red }</style>'],
    ['templates, nested too', '<template>no<template>no</template>no</template>'],
    ['noscript', '<noscript><p>no</p></noscript>'],
    ['drawings', '<svg><title>no</title><text>no</text><g/></svg>'],
    ['empty drawings', '<svg/>'],
    ['frames', '<iframe src="x">no</iframe>'],
  ])('leaves out %s', (_, html) => {
    expect(htmlToText(`<p>before</p>${html}<p>after</p>`)).toEqual({ text: 'before\n\nafter' });
  });

  it('has the title apart, the first one only', () => {
    const html = '<head><title> Emma\n &amp; others </title><style>x</style></head><title>no</title><p>one';
    expect(htmlToText(html)).toEqual({ title: 'Emma & others', text: 'one' });
    expect(htmlToText('<title></title><p>one')).toEqual({ text: 'one' });
    expect(htmlToText('<svg><title>no</title></svg><title>yes</title>')).toEqual({ title: 'yes', text: '' });
  });

  it('takes an empty-element tag as whole in XHTML, and as an opening one in HTML', () => {
    const page = '<title>Emma</title><script src="x"/><p>one</p>';
    expect(htmlToText(page, { xhtml: true })).toEqual({ title: 'Emma', text: 'one' });
    expect(htmlToText(page)).toEqual({ title: 'Emma', text: '' });
  });

  it('is well-formed whatever the entities', () => {
    const { text } = htmlToText('&#xD800;&#0;&#x110000;&#99999999999;');
    expect(text.isWellFormed()).toBe(true);
  });
});

/** Tests run on Node, of which this package knows nothing. */
declare const process: { cpuUsage(since?: CpuUsage): CpuUsage };
interface CpuUsage {
  readonly user: number;
  readonly system: number;
}

/**
 * The processor's time that it takes to read a text, in microseconds: whatever else it does meanwhile is not counted.
 *
 * @param times how often it is read, so that a short text is disturbed by as much as a long one
 */
function cost(html: string, times = 1): number {
  const once = () => {
    const before = process.cpuUsage();
    for (let read = 0; read < times; read++) htmlToText(html);
    return process.cpuUsage(before).user / times;
  };
  return Math.min(once(), once());
}

describe('2 MB of hostile HTML', () => {
  /** The whole takes some 16 times as long as a part. Where the time grew by the square, it would be 256 times. */
  const [PART, WHOLE] = [128 * 1024, 2 * 1024 * 1024];
  const MOST = 64;
  /** Below it a figure is noise. */
  const LEAST_US = 2_000;
  const filled = (unit: string) => (size: number) => unit.repeat(Math.ceil(size / unit.length));

  it.each([
    [
      'elements never closed, then others closed',
      (size: number) => `${'<b>'.repeat(size / 6)}${'</i>'.repeat(size / 8)}`,
    ],
    ['nested dropped elements', filled('<svg>')],
    [
      'templates and their ends',
      (size: number) => `${'<template>'.repeat(size / 21)}${'</template>'.repeat(size / 21)}`,
    ],
    ['angle brackets', filled('<')],
    ['ampersands', filled('&')],
    ['entities', filled('&amp;')],
    ['half entities', filled('&amp')],
    ['numeric entities', filled('&#32;')],
    ['comments that do not end', filled('<!--')],
    ['comment ends', (size: number) => `<!--${filled('--')(size)}`],
    ['attributes', (size: number) => `<a ${filled('a=" ')(size)}`],
    ['scripts that do not end', filled('<script>')],
    ['script ends', (size: number) => `<script>${filled('</scrip')(size)}`],
    ['spaces', filled(' ')],
    ['words', filled('a ')],
    ['line breaks', filled('<br>')],
    ['preformatted lines', (size: number) => `<pre>${filled('\n')(size)}`],
    ['titles', filled('<title></title>')],
    ['one long tag name', (size: number) => `<${filled('a')(size)}`],
    ['declarations', filled('<!a')],
    ['table cells', filled('<td>')],
  ])('is read in time that grows with its length, and no faster: %s', (_, htmlOf) => {
    expect(cost(htmlOf(WHOLE)) / Math.max(cost(htmlOf(PART), WHOLE / PART), LEAST_US)).toBeLessThan(MOST);
  });
});
