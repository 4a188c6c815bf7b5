import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queryTerms, termsOf } from '../../src/search/analysis.ts'

const cases: Readonly<Record<string, readonly [text: string, terms: string]>> = {
  'English words are stemmed, stop words left out': ['The runners were running to the stations', 'runner run station'],
  'accents of Latin letters are folded, ligatures spelled': [
    'Çafé straße Œuvre ﬁne İstanbul Łódź',
    'cafe strass oeuvr fine istanbul lodz',
  ],
  'composed and decomposed letters are the same': ['e\u0301t\u00e9 \u00e9te\u0301', 'et et'],
  'codes are found whole and in parts': ['PX-4711, px4711', 'px 4711 px4711 px 4711 px4711'],
  'numbers with separators are found whole and in parts': ['1,000 3.14 2026-01-31', '1 000 1000 3 14 3.14 2026 01 31 20260131'],
  'words that a hyphen joins are words': ['state-of-the-art', 'state art'],
  'full width is half width': ['ＡＢＣ１２', 'abc 12 abc12'],
  'contractions leave their words': ["don't l'homme company's", 'l homm compani'],
  'Han gives characters and pairs': ['東京都', '東 京 東京 都 京都'],
  'Hiragana, Katakana and Hangul give pairs': ['タワー 한국어', 'タワ ワー 한국 국어'],
  'a single character of them is a word': ['の 한', 'の 한'],
  'characters beyond the first plane are whole': ['𠮷野', '𠮷 野 𠮷野'],
  'Thai gives pairs': ['สวัสดี', 'สว วั ัส สด ดี'],
  'vowel points are left out': ['שָׁלוֹם مُحَمَّد', 'שלום محمد'],
  'marks that are part of a script stay': ['हिन्दी', 'हिन्दी'],
  'signs and emoji are no words': ['😀 — § … !', ''],
}

describe('the terms of a text', () => {
  for (const [words, [text, terms]] of Object.entries(cases)) {
    it(words, () => {
      expect(termsOf(text).join(' ')).toBe(terms)
    })
  }

  it('are short, not empty, and found again wherever their text stands', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const terms = termsOf(text)
        expect(terms.every((term) => term.length > 0 && term.length <= 64)).toBe(true)
        expect(termsOf(`alpha ${text} omega`)).toEqual(['alpha', ...terms, 'omega'])
      }),
    )
  })

  it('of a long run of letters are cut, alike in documents and questions', () => {
    expect(termsOf('x'.repeat(5_000))).toEqual(['x'.repeat(64)])
    expect(termsOf('1b'.repeat(500))).toHaveLength(1_000)
  })

  it('of a question weigh what their texts weigh, as often as they stand there', () => {
    const weights = queryTerms([
      { text: 'river rivers', weight: 1 },
      { text: 'river bank', weight: 0.5 },
    ])
    expect([...weights]).toEqual([
      ['river', 2.5],
      ['bank', 0.5],
    ])
  })
})
