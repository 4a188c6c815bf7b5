import { grouped, ibanOf } from './numbers.ts'
import { Dice, type Sample, samples, without } from './sample.ts'

/** Forms of accounts as central banks and the registry publish them. */
const countries: readonly (readonly [string, string])[] = [
  ['DE', '18n'],
  ['DE', '18n'],
  ['GB', '4a14n'],
  ['GB', '4a14n'],
  ['FR', '10n11c2n'],
  ['ES', '20n'],
  ['IT', '1a22n'],
  ['NL', '4a10n'],
  ['BE', '12n'],
  ['AT', '16n'],
  ['CH', '5n12c'],
  ['PL', '24n'],
  ['SE', '20n'],
  ['NO', '11n'],
  ['DK', '14n'],
  ['FI', '14n'],
  ['PT', '21n'],
  ['IE', '4a14n'],
  ['CZ', '20n'],
  ['SK', '20n'],
  ['HU', '24n'],
  ['RO', '4a16c'],
  ['BG', '4a6n8c'],
  ['GR', '7n16c'],
  ['HR', '17n'],
  ['SI', '15n'],
  ['EE', '16n'],
  ['LV', '4a13c'],
  ['LT', '16n'],
  ['LU', '3n13c'],
  ['MT', '4a5n18c'],
  ['CY', '8n16c'],
  ['TR', '5n1n16c'],
  ['SA', '2n18c'],
  ['AE', '19n'],
  ['IL', '19n'],
  ['KZ', '3n13c'],
  ['UA', '6n19c'],
  ['BR', '23n1a1c'],
  ['QA', '4a21c'],
  ['KW', '4a22c'],
  ['PK', '4a16c'],
  ['JO', '4a4n18c'],
  ['LB', '4n20c'],
  ['GE', '2a16n'],
  ['AZ', '4a20c'],
  ['MD', '2c18c'],
  ['AL', '8n16c'],
  ['RS', '18n'],
  ['MK', '3n10c2n'],
  ['BA', '16n'],
  ['ME', '18n'],
  ['IS', '22n'],
  ['LI', '5n12c'],
  ['MC', '10n11c2n'],
  ['SM', '1a22n'],
  ['TN', '20n'],
  ['EG', '25n'],
]

const sentences = [
  '{}',
  'IBAN: {}',
  'Please transfer to {}.',
  'Meine IBAN lautet {}, danke',
  'iban={}',
  '{"iban":"{}"}',
  'Mon IBAN est {} et le BIC BNPAFRPP',
  'IBAN {} BIC COBADEFFXXX',
  'Mi cuenta: {}',
  'Il mio IBAN: {}',
  'Konto {} bei der Bank',
  'Send 100 EUR to {} today',
  'from {} to {}',
  'Jane Roe,{},100.00',
  '<IBAN>{}</IBAN>',
  'Rekeningnummer {}',
  'Refund: {} (Jane)',
  '2024-01-01 DEBUG payout iban={} ok',
  '- {}',
  'Account {}\nName Jane Roe',
  'номер счета {}',
  '银行账号{}，谢谢',
  'please check {}, it bounced',
  '"{}"',
  'payee {}; amount 10',
  'Numer konta: {}',
  'SEPA-Lastschrift von {}',
  'credit {} and debit {}',
  'O meu IBAN é {}.',
  'IBAN-Nr. {}',
]

export function ibanPositives(): readonly Sample[] {
  const dice = new Dice(41)
  return samples(360, sentences, () => {
    const [country, form] = dice.pick(countries)
    const plain = ibanOf(dice, country, form)
    return dice.pick([
      () => plain,
      () => plain,
      () =>
        grouped(
          plain,
          Array.from({ length: 9 }, () => 4),
          ' ',
        ),
      () =>
        grouped(
          plain,
          Array.from({ length: 9 }, () => 4),
          ' ',
        ),
      () => plain.toLowerCase(),
      () =>
        grouped(
          plain,
          Array.from({ length: 9 }, () => 4),
          '-',
        ),
      () =>
        grouped(
          plain.toLowerCase(),
          Array.from({ length: 9 }, () => 4),
          ' ',
        ),
      () =>
        grouped(
          plain,
          Array.from({ length: 9 }, () => 4),
          '\u00a0',
        ),
      () => grouped(plain, [4, 8, 10, 10], ' '),
    ])()
  })
}

const notIbans = [
  'DE## #### ####',
  'ISBN 978-3-16-148410-0',
  'VAT DE#########',
  'VAT GB#########',
  'ATU########',
  'order DE##########',
  'BIC COBADEFFXXX',
  'SWIFT NWBKGB2L',
  'XX## #### #### #### #### ##',
  'ZZ89370400440532013000',
  'US12345678901234567890',
  'tracking RR123456789DE',
  'CP123456785GB',
  'license DE12 ABC',
  'sha ****************************************',
  'md5 ********************************',
  '********-****-4***-a***-************',
  'key AKIA????????????????',
  'token ~~##~~##~~##~~##~~##~~##',
  'SE## is a postcode',
  'GB12 of RAM',
  'FR75 flight',
  'ES6 2015 2016 2017',
  'NO 12 of the list',
  'IT 2024 budget 1234 5678 9012',
  'in 12 of the 34 cases we saw 5678',
  'be 10 or not be 20',
  'is 99 the answer to 4567 and 8901?',
  'at 16 she left for 2345 1234 5678',
  'card 4111 1111 1111 1111',
  'phone +49 171 1234567',
  'VIN WVWZZZ1JZ3W######',
  'container MSCU1234567',
  'EORI DE1234567890123',
  'LEI 5493001KJTIIGC8Y1R12',
  'CUSIP 037833100',
  'ISIN DE000BAY0017',
  'ISIN US0378331005',
  'account 12345678 sort 12-34-56',
  'part AB12-3456-7890-1234',
  'serial CH93 0076',
]

export function ibanNegatives(): readonly Sample[] {
  const dice = new Dice(42)
  const wrong = Array.from({ length: 230 }, (_, index) => {
    const [country, form] = dice.pick(countries)
    const right = ibanOf(dice, country, form)
    const check = String(((Number(right.slice(2, 4)) + 1 + (index % 90)) % 97) + 1).padStart(2, '0')
    const bad = dice.pick([
      () => right.slice(0, 2) + (check === right.slice(2, 4) ? '02' : check) + right.slice(4),
      () => right.slice(0, -1),
      () => right.slice(0, 8) + right.slice(9, 10) + right.slice(8, 9) + right.slice(10),
      () => right.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10)),
    ])()
    if (bad === right) return `IBAN ${right.slice(0, 9)}`
    return (sentences[index % sentences.length] ?? '{}').replaceAll(
      '{}',
      dice.next() < 0.5
        ? bad
        : grouped(
            bad,
            Array.from({ length: 9 }, () => 4),
            ' ',
          ),
    )
  })
  return without([...wrong, ...[...notIbans, ...notIbans, ...notIbans].map((text) => dice.fill(text))])
}
