import { grouped, withCheckDigit, withWrongCheckDigit } from './numbers.ts'
import { Dice, type Sample, samples, without } from './sample.ts'

/** Beginnings and lengths as the networks publish them. */
const brands: readonly (readonly [beginning: string, length: number, groups: readonly number[]])[] = [
  ['4', 16, [4, 4, 4, 4]],
  ['4', 16, [4, 4, 4, 4]],
  ['4539', 16, [4, 4, 4, 4]],
  ['51', 16, [4, 4, 4, 4]],
  ['53', 16, [4, 4, 4, 4]],
  ['55', 16, [4, 4, 4, 4]],
  ['2221', 16, [4, 4, 4, 4]],
  ['2720', 16, [4, 4, 4, 4]],
  ['34', 15, [4, 6, 5]],
  ['37', 15, [4, 6, 5]],
  ['6011', 16, [4, 4, 4, 4]],
  ['65', 16, [4, 4, 4, 4]],
  ['644', 16, [4, 4, 4, 4]],
  ['36', 14, [4, 6, 4]],
  ['305', 14, [4, 6, 4]],
  ['38', 14, [4, 6, 4]],
  ['3528', 16, [4, 4, 4, 4]],
  ['3589', 16, [4, 4, 4, 4]],
  ['62', 16, [4, 4, 4, 4]],
  ['6759', 16, [4, 4, 4, 4]],
  ['5018', 16, [4, 4, 4, 4]],
  ['2200', 16, [4, 4, 4, 4]],
]
/** Numbers that other things share; such cards are found where the text speaks of cards. */
const rarer: readonly (readonly [string, number])[] = [
  ['4', 13],
  ['4', 19],
  ['6304', 12],
  ['5018', 12],
  ['6759', 13],
  ['1800', 15],
  ['2131', 15],
  ['6212', 19],
  ['5020', 12],
]

const anywhere = [
  '{}',
  'Card: {}',
  'My card {} was declined.',
  'Please charge {} for the hotel',
  'Visa {} exp 04/27',
  '{} 12/26 123',
  'cc={}&cvv=123',
  '{"pan":"{}","exp":"0427"}',
  'Meine Kreditkarte {} geht nicht.',
  'Ma carte {} a été refusée',
  'Mi tarjeta {} no funciona, ¿pueden ayudarme?',
  'Número do cartão: {}',
  'La mia carta è {}.',
  'card number: {}, name: Jane Roe',
  'Paid with {} yesterday',
  'Jane Roe,{},04/27',
  'Use {} or {}',
  '2024-03-01 12:00:00 DEBUG charge request card={} amount=10.00',
  'I gave them {} over the phone',
  '"{}"',
  'AMEX/VISA: {}',
  'const card = "{}";',
  '<cardNumber>{}</cardNumber>',
  'Hi, can you remove {} from my account? Thanks',
  '我的卡号是{}，请查一下',
  'カード番号 {} です',
  'номер карты {}',
  '{}\nJane Roe\n04/27',
  'payment_method: {}',
  'refund to ({}) please',
  'Could you tell me the balance of {}?',
  'kart numarası {}',
  'I lost it: {}. Block it!',
  'Last used: {} in Paris',
  'Number {} valid until 2027-04',
]
const speaking = [
  'Card: {}',
  'credit card number {}',
  'debit card {}',
  'My Maestro card is {}',
  'cardNumber={}',
  'Kartennummer {} (Kreditkarte)',
  'carte bancaire {}',
  'Please block my credit card {}',
  'card {} expired',
  'I want to cancel card no. {}',
]

export function cardPositives(): readonly Sample[] {
  const dice = new Dice(11)
  const card = (beginning: string, length: number): string =>
    withCheckDigit(beginning + dice.fill('#'.repeat(length - 1 - beginning.length)))
  return [
    ...samples(330, anywhere, () => {
      const [beginning, length, groups] = dice.pick(brands)
      const joint = dice.pick(['', '', ' ', ' ', '-', '-', '.', '\u00a0'])
      return grouped(card(beginning, length), groups, joint)
    }),
    ...samples(60, speaking, () => card(...dice.pick(rarer))),
    ...known.map((value) => ({ text: `Test with ${value} please`, values: [value] })),
  ]
}

/** Numbers that payment services publish for tests. */
const known = [
  '4242424242424242',
  '4000 0566 5566 5556',
  '5555-5555-5555-4444',
  '378282246310005',
  '3714 496353 98431',
  '6011111111111117',
  '3056 930902 5904',
  '3566002020360505',
  '2223 0031 2200 3222',
  '4000-0000-0000-0002',
]

export function cardNegatives(): readonly Sample[] {
  const dice = new Dice(12)
  const texts: string[] = []
  const add = (count: number, text: () => string): void => {
    for (let index = 0; index < count; index++) texts.push(text())
  }
  // The check digit fails.
  add(60, () => {
    const [beginning, length, groups] = dice.pick(brands)
    const wrong = withWrongCheckDigit(withCheckDigit(beginning + dice.fill('#'.repeat(length - 1 - beginning.length))))
    return dice
      .pick(['Card {}', 'number {}', '{}', 'Order {} paid', 'visa {}'])
      .replace('{}', grouped(wrong, groups, dice.pick(['', ' ', '-'])))
  })
  // The check digit holds, and it is something else: device numbers, SIM cards, national ids.
  add(
    40,
    () =>
      `${dice.pick(['IMEI', 'IMEI:', 'imei=', 'Device IMEI is'])} ${withCheckDigit(dice.pick(['35', '86', '01', '99', '45']) + dice.fill('############'))}`,
  )
  add(10, () => withCheckDigit(`35${dice.fill('############')}`))
  add(15, () => `ICCID ${withCheckDigit(`89${dice.fill('################')}`)}`)
  add(10, () => `SIREN ${withCheckDigit(dice.fill('########'))} SIRET ${withCheckDigit(dice.fill('#############'))}`)
  add(10, () => `SIN ${withCheckDigit(dice.fill('########'))}, personnummer ${dice.fill('19850709-####')}`)
  add(15, () => `NPI 1${dice.fill('#########')}, order ${withCheckDigit(`4${dice.fill('##############')}`)}`)
  add(
    15,
    () =>
      `${dice.pick(['Tracking number', 'order', 'Invoice', 'transaction id', 'reference'])} ${withCheckDigit(`5${dice.fill('2#############')}`)}`,
  )
  const others = [
    'ISBN 978-3-16-1484##-0',
    '978030640615#',
    'EAN 400638133393#',
    'barcode 501234567890#',
    'UPC 036000291452',
    'Tracking 9400 1000 0000 0000 0000 ##',
    'Tracking 1Z999AA1012345####',
    'FedEx 7489 9983 ####',
    'ts 1700000000###',
    'epoch_ns 17000000000########',
    'id 20240115########',
    'order 114-#######-#######',
    'account 0012 3456 78##',
    'IBAN DE89 3704 0044 0532 0130 ##',
    'DE8937040044053201300#',
    '********-****-4***-a***-************',
    'sha256 ****************************************************************',
    'md5 ********************************',
    '0x****************',
    'MAC 00:1B:44:11:3A:B#',
    'commit ****************************************',
    'lat 40.712776##########',
    '3.1415926535897932',
    'PI = 3.14159265358979##',
    '1234 5678 9012 3456 7890 1234',
    '0000 0000 0000 0000',
    '0000000000000000',
    '9999 9999 9999 9999',
    '1111222233334444',
    'phone +49 171 ######## ###',
    'call 0044 20 7946 0###',
    'Konto 1234567890##',
    'VIN 1HGCM82633A00####',
    'trace 4bf92f3577b34da6a3ce929d0e0e####',
    'span ****************',
    'snowflake 17########## ########',
    'tweet 1745##############',
    'user 7656119############',
    'discord 8##############',
    'session=################',
    'GTIN 0001234560001#',
    'SSCC 003456789012345###',
    '2019 2020 2021 2022',
    '1998 2003 2008 2013',
    '1024 2048 4096 8192',
    '5000 6000 7000 8000',
    '4000 5000 6000 7000 rows',
    'matrix 4539 1488 0343 646#',
    'score 4 5 3 4 4 5 2 3',
    'balance 5 432 100 000 000 000',
    'amount 4111111111111.11',
    '4.111111111111111',
    '4111,1111,1111,1111',
    'XXXX-XXXX-XXXX-####',
    '**** **** **** ####',
    'ending in ####',
    'card ending ####',
    '550e8400-e29b-41d4-a716-44665544####',
    'part 5412-7534-####',
    'code 3700-0000-000',
    '36 14 15 22 33 41',
    'license 5105-1051-0510-510',
    'key 4XKJ-9021-####-####',
    'serial 4532####',
    'meter 41 111 111 1',
    'policy 30-5692-####-#4',
    'Steuer-ID 65 929 970 489',
    'room 4012, floor 40',
    'GB 4.12.2024 16:00-18:00',
    'arn:aws:iam::123456789012:role/x',
    'account 123456789012',
  ]
  add(others.length * 2, () => dice.fill(others[texts.length % others.length] ?? ''))
  return without(texts)
}
