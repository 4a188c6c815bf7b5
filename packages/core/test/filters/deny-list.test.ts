import { describe, expect, it } from 'vitest'
import { applyTenantFilters } from '../../src/tenancy/filters/apply-tenant-filters.ts'
import { everyPlace, settings, streamed } from './support.ts'

function masked(text: string, ...deny_list: string[]): string {
  return applyTenantFilters(text, settings({ deny_list: 'mask' }, { deny_list }), 'output').text
}

describe('the deny list', () => {
  it.each([
    ['in any case', 'About PROJECT phoenix.', 'About [deny_list].'],
    ['over any white space', 'About project \n\t phoenix.', 'About [deny_list].'],
    ['with invisible characters between its letters', 'About pro\u200bject\u2060 pho\u00adenix.', 'About [deny_list].'],
    ['in full-width letters', 'About ｐｒｏｊｅｃｔ　ｐｈｏｅｎｉｘ.', 'About [deny_list].'],
    ['struck through by combining marks', 'About p\u0336r\u0336o\u0336ject phoenix.', 'About [deny_list].'],
    ['in mathematical letters', 'About 𝐏𝐫𝐨𝐣𝐞𝐜𝐭 phoenix.', 'About [deny_list].'],
  ])('finds a phrase %s [R103, X69]', (_, text, expected) => {
    expect(masked(text, 'Project Phoenix')).toBe(expected)
  })

  it.each(['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u{e0061}', '\ufe0f'])(
    'finds a word split or decorated by %j, also in full-width letters, and masks exactly it [R103, X69]',
    (sign) => {
      const rules = settings({ deny_list: 'mask' }, { deny_list: ['Größe Acme'] })
      for (const word of ['größe acme', 'GRÖSSE ACME', 'gro\u0308ße Ａｃｍｅ', 'Ｇｒöße　𝐀𝐜𝐦𝐞']) {
        const letters = [...new Intl.Segmenter().segment(word)].map(({ segment }) => segment)
        const spellings = [
          letters.join(sign),
          letters.join(sign.repeat(3)),
          ...letters.map((_, at) => letters.toSpliced(at, 0, at === 0 ? '' : sign).join('')),
        ]
        for (const spelling of spellings) {
          const text = `Of ${spelling}, ${sign}${spelling}${sign} and x${sign}${spelling} only.`
          // A sign before a word may stay; one behind it is part of its last letter.
          const expected = `Of [deny_list], ${sign}[deny_list] and x${sign}${spelling} only.`
          expect(applyTenantFilters(text, rules, 'output').text).toBe(expected)
          expect(streamed(text, rules, everyPlace(text)).text).toBe(expected)
        }
      }
    },
  )

  it('finds a phrase of letters that stand for many, by its first words', () => {
    const phrase = '\ufdfa'.repeat(200)
    expect(masked(`a ${phrase} b`, phrase)).toMatch(/^a \[deny_list\]/)
  })

  it('keeps to whole words of any alphabet', () => {
    expect(masked('acme acmex xacme ACME! acme-x (acme) éacme acme_x', 'acme')).toBe(
      '[deny_list] acmex xacme [deny_list]! [deny_list]-x ([deny_list]) éacme acme_x',
    )
    expect(masked('сила сильно Сила', 'сила')).toBe('[deny_list] сильно [deny_list]')
  })

  it('finds words in scripts without blanks', () => {
    expect(masked('这是禁词的例子', '禁词')).toBe('这是[deny_list]的例子')
    expect(masked('ラーメン屋と秘密計画です', '秘密計画')).toBe('ラーメン屋と[deny_list]です')
  })

  it('knows composed and decomposed letters, ß and ss, ligatures and final sigma as the same', () => {
    expect(masked('cafe\u0301 and café', 'café')).toBe('[deny_list] and [deny_list]')
    expect(masked('STRASSE und straße', 'Straße')).toBe('[deny_list] und [deny_list]')
    expect(masked('the ﬁle', 'file')).toBe('the [deny_list]')
    expect(masked('ΟΔΟΣ οδός οδος', 'οδος')).toBe('[deny_list] οδός [deny_list]')
  })

  it('takes the longest phrase that begins at a place', () => {
    expect(masked('acme corp and acme', 'acme', 'acme corp')).toBe('[deny_list] and [deny_list]')
    expect(masked('acme corporation', 'acme', 'acme corp')).toBe('[deny_list] corporation')
  })

  it('finds what begins or ends in signs', () => {
    expect(masked('I like C++ and .NET, not c', 'c++', '.net')).toBe('I like [deny_list] and [deny_list], not c')
  })

  it('counts, blocks and flags', () => {
    const deny_list = ['acme']
    expect(applyTenantFilters('acme, Acme', settings({ deny_list: 'flag' }, { deny_list }), 'input').findings).toEqual([
      { kind: 'deny_list', action: 'flag', count: 2 },
    ])
    expect(applyTenantFilters('An acme.', settings({ deny_list: 'block' }, { deny_list }), 'input').blocked).toBe('deny_list')
    expect(applyTenantFilters('An acme.', settings({ deny_list: 'block' }), 'input').blocked).toBeUndefined()
  })
})
