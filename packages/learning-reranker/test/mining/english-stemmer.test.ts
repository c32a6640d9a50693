import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stemEnglish } from '../../src/mining/english-stemmer.js';

/** The sample vocabulary printed with the definition on snowballstem.org. */
const PUBLISHED = `
  consign consign consigned consign consigning consign consignment consign consist consist
  consisted consist consistency consist consistent consist consistently consist consisting consist
  consists consist consolation consol consolations consol consolatory consolatori console consol
  consoled consol consoles consol consolidate consolid consolidated consolid consolidating consolid
  consoling consol consolingly consol consols consol consonant conson consort consort
  consorted consort consorting consort conspicuous conspicu conspicuously conspicu
  conspiracy conspiraci conspirator conspir conspirators conspir conspire conspir
  conspired conspir conspiring conspir constable constabl constables constabl constance constanc
  constancy constanc constant constant knack knack knackeries knackeri knacks knack knag knag
  knave knave knaves knave knavish knavish kneaded knead kneading knead knee knee kneel kneel
  kneeled kneel kneeling kneel kneels kneel knees knee knell knell knelt knelt knew knew knick knick
  knif knif knife knife knight knight knightly knight knights knight knit knit knits knit
  knitted knit knitting knit knives knive knob knob knobs knob knock knock knocked knock
  knocker knocker knockers knocker knocking knock knocks knock knopp knopp knot knot knots knot
`;

describe('the English stemmer', () => {
  it('gives the stems of the published vocabulary', () => {
    const words = PUBLISHED.trim().split(/\s+/);
    for (let at = 0; at < words.length; at += 2) {
      expect([words[at], stemEnglish(words[at] ?? '')]).toEqual([words[at], words[at + 1]]);
    }
  });

  it('agrees with snowballstemmer 3.1.1 on 400 words met in documentation', () => {
    const recorded: Record<string, string> = JSON.parse(
      readFileSync(new URL('./fixtures/english-stems.json', import.meta.url), 'utf8'),
    );
    const stems = Object.fromEntries(
      Object.keys(recorded).map((word) => [word, stemEnglish(word)]),
    );
    expect(stems).toEqual(recorded);
  });
});
