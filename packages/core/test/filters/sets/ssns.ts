import { Dice, type Sample, samples, without } from './sample.ts'

const standing = [
  '{}', 'SSN: {}', 'My SSN is {}.', "Here's my SSN: {}", 'social security number {}', 'Jane Roe, {}, 1980-01-01', 'ssn={}', '{"ssn": "{}"}', 'Patient: John Doe SSN {} DOB 01/02/1970', 'Please verify {} for the loan.', 'Employee {} started Monday', 'The applicant gave {} and left.', 'name,ssn\nJane,{}', 'W-2 for {}',
  'Social: {}', 'SS# {}', 'Soc. Sec. No. {}', '<ssn>{}</ssn>', 'Is {} the right social?', 'I was asked for {} on the phone', '- {}', 'taxpayer id {}', '2024-01-01 10:00:00 WARN ssn {} not found', 'Mi número de seguro social es {}', 'Hi, I am Bob Smith ({}), I need my 1099.', 'background check on {} came back', 'Borrower: J. Roe / {}', 'const ssn = "{}";',
  'Spouse {} dependent {}', 'DOB 03/04/1985, {}', '"{}" is mine', 'on file: {}', 'last seen under {}.',
]
const speaking = ['SSN {}', 'ssn: {}', 'social security number is {}', 'My social is {}', '"ssn":"{}"', 'SSN={}', 'SS# {}', 'Her social security no. {} please', 'Social Security: {}', 'enter SSN ({})']

export function ssnPositives(): readonly Sample[] {
  const dice = new Dice(21)
  const parts = (): readonly [string, string, string] => {
    let area = 0
    while (area === 0 || area === 666) area = dice.between(1, 899)
    return [String(area).padStart(3, '0'), String(dice.between(1, 99)).padStart(2, '0'), String(dice.between(1, 9999)).padStart(4, '0')]
  }
  return [
    ...samples(dice, 264, standing, () => parts().join('-')),
    ...samples(dice, 80, speaking, () => parts().join(dice.pick(['', ' ', '-', '.', '\u2011']))),
    { text: 'The well-known 078-05-1120 was printed on cards in wallets.', values: ['078-05-1120'] },
    { text: 'ssn 219099999, do not use', values: ['219099999'] },
    { text: 'His number (123-45-6789) is on the form.', values: ['123-45-6789'] },
  ]
}

const notSsns = [
  '000-12-345#', '666-12-34##', '9##-7#-####', '123-00-45##', '123-45-0000', 'SSN 000-00-0000', 'ssn 987-65-4320', 'part number ###-##-####', 'Part No. ###-##-####', 'order ###-##-####', 'SKU ###-##-####', 'serial ###-##-####', 'item ###-##-####', 'Invoice ###-##-####', 'Tracking ###-##-####', 'catalog no. ###-##-####', 'model ###-##-####',
  'ticket ###-##-####', 'CAS 7732-18-5', 'CAS 64-17-5', 'CAS ###-##-#', 'EIN 12-34567##', 'phone ^##-^##-####', '^##-####', '(^##) ^##-####', 'on 2024-01-1#', '12-25-20##', '01-02-1990', '#########', 'order #########', 'zip #####-####', '9#### ####', 'account #########', 'routing 02100002#', 'ISBN 0-306-4061#-2', 'ISBN 978-3-16-148410-0',
  '12-34-56', 'sort code 12-34-56 account 1234####', '1-###-##-####', '###-##-####-#', '##-###-####', '####-##-####', '###-###-####', '###-##-###', '###-##-#####', '###.##.####.##', 'version 123.45.6789', 'ip 123.45.67.89', '123 45 6789', 'pages 123 45 6789', 'room 215 10 2023', '$123-45-6789', '123-45-6789%',
  'A###-##-####', '###-##-####B', 'ABC-###-##-####', '###/##/####', '###-##_####', '###--##--####', '###-##- ####', 'lat 123-45', '2 x 123-45', 'ratio 100-20-3000', 'XXX-XX-####', 'xxx-xx-####', '#########0', 'DE89 3704 0044 0532 0130 00', '4111 1111 1111 1111', '4111-1111-1111-1111', 'uuid ********-****-4***-a***-************', 'commit *********', 'sha ****************',
  'the score was 103-99-2012', 'item ### ## ####', 'population 123 456 789', 'NHS 943 476 5919', 'SIN 046 454 286', 'BSN 111222333', 'NINO AB 12 34 56 C', 'TFN 123 456 782', 'ABN 51 824 753 556', 'CPF 529.982.247-25', 'NIP 526-104-08-28', 'PESEL 44051401359', 'DNI 12345678Z', 'ts 170000000', 'id=#########', 'pid #########', 'bytes=#########', '######### rows', 'confirmation code ###-##-####', 'Teile-Nr. ###-##-####',
  'firmware build ###-##-####', 'docket 123-45-6789', 'library card no. ###-##-####', 'PO ###-##-####', 'lot ###-##-####', 'license ###-##-####', 'coupon ###-##-####', 'asset tag ###-##-####', 'batch ###-##-####', 'product ###-##-####', 'case no. ###-##-####', 'reference ###-##-####', 'artikel ###-##-####', 'revision ###-##-####', 'drawing ###-##-####', 'booking ###-##-####',
]

export function ssnNegatives(): readonly Sample[] {
  const dice = new Dice(22)
  const sentences = ['{}', 'See {} for details.', 'value: {}', 'Please check {}, thanks', 'log: {}']
  return without(Array.from({ length: notSsns.length * 3 }, (_, index) => dice.pick(sentences).replace('{}', dice.fill(notSsns[index % notSsns.length] ?? ''))))
}
