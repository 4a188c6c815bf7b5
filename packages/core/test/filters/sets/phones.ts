import { Dice, type Sample, samples, without } from './sample.ts'

/** As people of these countries write numbers, from their numbering plans and telephone books. */
const standing = [
  // North America
  '(^##) ^##-####', '(^##)^##-####', '^##-^##-####', '^##.^##.####', '^## ^## ####', '1-^##-^##-####', '+1 ^## ^## ####', '+1-^##-^##-####',
  '+1 (^##) ^##-####', '+1^##^######', '1 (^##) ^##-####', '^##-^##-#### x###', '(^##) ^##-#### ext. ##', '001-^##-^##-####x####', '1.^##.^##.####',
  '^##/^##-####', '1-800-^##-####', '+1.^##.^##.####', '^##-^##-####x####', '(^##) ^##-####, ext ###',
  // United Kingdom and Ireland
  '020 7### ####', '+44 20 7### ####', '0161 4## ####', '01632 96####', '07700 900###', '07### ######', '+44 7### ######', '+447#########', '+44 (0)20 8### ####',
  '(020) 7946 0###', '0800 ### ####', '0044 7### ######', '+353 1 ### ####', '087 ### ####', '+353 (0)87 ### ####', '01 6## ####', '07#########',
  // Germany, Austria, Switzerland
  '0171/^######', '030 ^#######', '+49 171 ^######', '+49 (0)89 ^######', '(089) ^######', '0221-^######', '0049 30 ^######', '+49 30 ^## ## ##',
  '+49-151-^#######', '0172 ^## ## ##', '06221 / ^## ##', '089/^#####-0', '+43 664 ^######', '0664 ^## ## ##', '01 ^## ## ##', '+41 79 ^## ## ##', '079 ^## ## ##', '+41 (0)44 ^## ## ##', '0151^#######',
  // France, Belgium, Netherlands, Luxemburg
  '06 ## ## ## ##', '01.^#.##.##.##', '+33 6 ## ## ## ##', '+33 (0)1 ^# ## ## ##', '01-^#-##-##-##', '0033 6 ## ## ## ##', '+336########', '06########',
  '+32 2 ^## ## ##', '0470 ## ## ##', '02 ^## ## ##', '+32 470 ## ## ##', '020-^######', '06-^#######', '+31 6 ^#######', '+31 (0)20 ^## ####', '06 ^### ####', '+352 ^## ###',
  // Southern Europe
  '+34 6## ### ###', '+34 91 ### ## ##', '+39 06 #### ####', '+39 3## ### ####', '+39 3## #######', '06 #### ####', '+351 91# ### ###', '+351 21 ### ####', '+30 21# ### ####', '+30 69########', '02 ^### ####',
  // Northern and Eastern Europe
  '+45 ## ## ## ##', '+47 9## ## ###', '+47 ## ## ## ##', '070-^## ## ##', '+46 70 ^## ## ##', '08-^## ### ##', '+358 40 ^## ####', '040 ^## ####', '+48 6## ### ###', '+48 22 ### ## ##',
  '+420 7## ### ###', '+36 30 ### ####', '06 30 ### ####', '+40 7## ### ###', '0722 ### ###', '+380 67 ### ## ##', '8 (9##) ###-##-##', '+7 9## ###-##-##', '+7 (495) ###-##-##', '8-9##-###-##-##', '+90 5## ### ## ##', '0532 ### ## ##', '(0212) ### ## ##',
  // Asia and the Pacific
  '+91 98### #####', '98### #####', '+91-9#########', '022-^#######', '+86 138 #### ####', '138-####-####', '138 #### ####', '010-^#######', '0571-8#######', '03-^###-####', '090-^###-####', '+81 90-^###-####', '+81-3-^###-####',
  '010-^###-####', '02-^##-####', '+82 10-^###-####', '+65 ^### ####', '+852 ^### ####', '+886 9## ### ###', '0912-###-###', '02-^###-####', '+66 8# ### ####', '081-###-####', '+62 812-####-####', '0812-####-####', '+63 917 ### ####', '+60 12-### ####',
  '+84 9## ### ###', '04## ### ###', '(02) ^### ####', '+61 4## ### ###', '02 ^### ####', '+61 (2) ^### ####', '+64 21 ### ####', '021 ### ####', '(03) ^### ####',
  // Latin America, Africa, Middle East
  '(11) 9####-####', '+55 11 9####-####', '+55 (21) ^###-####', '11 9####-####', '+52 55 #### ####', '+54 9 11 ####-####', '+56 9 #### ####', '+57 3## ### ####', '(55) #### ####', '(0261) ###-####',
  '+27 82 ### ####', '082 ### ####', '+234 803 ### ####', '0803 ### ####', '+254 7## ######', '+20 10 #### ####', '+212 6## ######', '+971 50 ### ####', '050-###-####', '+972 54-###-####', '03-^######', '+966 5# ### ####', '+98 912 ### ####',
]

/** Forms that only a word about phones tells from other numbers. */
const leaning = [
  '^##^######', '555-####', '^##-####', '6## ### ###', '91 ### ## ##', '3## #######', '91# ### ###', '51# ### ###', '2# ## ## ##', '9## ## ###', '21-86-##-##', '98########', '138########',
  '6### ####', '9### ####', '#### ####', '55 #### ####', '^######', '0^########', '3## ### ####', '2310 ######', '69########',
]

const speaking = [
  'Phone: {}', 'Call me at {} after lunch.', 'My number is {}, thanks!', 'Tel. {}', 'tel: {} / fax: {}', 'You can reach me on {} any time.', 'Mobile {}', '{"name": "Ana", "phone": "{}"}', 'phone_number={}',
  'Bitte rufen Sie mich unter {} zurück.', 'Mein Handy: {}', 'Telefon {} (Mo–Fr)', 'Mon téléphone est le {}.', 'Appelez le {} pour confirmer.', 'Mi teléfono es {}, gracias.', 'Llámame al {} mañana', 'Il mio cellulare è {}',
  'O meu telemóvel é {}.', 'Ligue para {}', 'Proszę o telefon: {}', 'Mijn mobiel nummer is {}', 'Ring mig på {}', 'Мой телефон {}', 'Тел.: {}', '電話番号は{}です。', '我的电话是{}，谢谢', '연락처: {}', 'WhatsApp me on {}', 'contact: Jane Roe, {}',
  'SMS sent to {} (delivered)', '2024-03-01 12:00:01 INFO sms.sender to phone {} status=ok', '<a href="tel:{}">call us</a>', 'Cell: {}\nEmail: none', 'Customer wants a callback, mobile {}', 'Fax {}', 'The hotline is {}.', 'Text me: {}',
  'Patient phone {} was disconnected when I called', 'const phone = "{}"', 'name,phone\nJane,{}', '| Jane | phone {} |', 'Please dial {} and ask for the front desk', 'Is {} still your mobile number?',
]

const silent = [
  '{}', 'Jane Roe\nHead of Sales\n{}\nwww.example.com', '{} is not answering.', 'I tried {} twice, nobody there', 'Thanks, Jim {}', 'Front desk ({})', '- {}', 'name;city;number\nJane;Oslo;{}', 'She gave me {} and {}.', 'Hi, it is Bob. {}. Bye',
  'Please note the new one: {}', 'Emergency? {}', 'Jane Roe <{}>', '"{}"', 'Ask for Maria, {}, she knows.', 'old {} new {}', 'Our Berlin office\nHauptstr. 5\n10115 Berlin\n{}', 'Bonjour, voici le mien : {}. Merci', 'Danke! {} Gruß, Max', 'Room service {} Spa {}',
]

export function phonePositives(): readonly Sample[] {
  const dice = new Dice(1)
  const each = standing.flatMap((form, index) => [
    { form, sentence: silent[index % silent.length] ?? '{}' },
    { form, sentence: speaking[(index * 7) % speaking.length] ?? '{}' },
  ])
  return [
    ...each.flatMap(({ form, sentence }) => samples(dice, 1, [sentence], () => dice.fill(form))),
    ...leaning.flatMap((form) => samples(dice, 3, [dice.pick(speaking), dice.pick(speaking), dice.pick(speaking)], () => dice.fill(form))),
    ...byHand.map((text) => ({ text: text.replace(/[⟦⟧]/g, ''), values: [...text.matchAll(/⟦(.*?)⟧/g)].map(([, value = '']) => value) })),
  ]
}

/** Written one by one; the numbers are marked. */
const byHand = [
  'Office: ⟦+1 (415) 555-0132⟧ | Mobile: ⟦415.555.0198⟧ | Fax: ⟦415-555-0111⟧',
  'Reach support at ⟦1-800-FLOWERS⟧ or ⟦1-888-555-0199⟧ between 9:00-17:00.',
  'I live at 4521 Oak St, Springfield 62704, and my cell is ⟦217-555-0147⟧.',
  'order 114-3941689-8772232 has not come, please call ⟦(503) 555-0188⟧',
  'Ticket #4482913: customer on ⟦07911 123456⟧ says the line dropped at 10:32.',
  'invoice 20240117 was sent; questions? ⟦+49 40 30060⟧-none',
  'Ruf mich an: ⟦0176 / 123 45 67⟧, ab 18 Uhr. Oder Büro ⟦(040) 123 45-67⟧.',
  'Call ⟦+44 (0) 1632 960 983⟧, or in the US ⟦+1 202 555 0143⟧.',
  'Kontakt\nTel.: ⟦+43 1 58858-0⟧\nFax: ⟦+43 1 58858-20⟧',
  'Tlf. ⟦22 22 55 55⟧, mobil ⟦912 34 567⟧',
  '{"customer":{"id":88231,"tel":"⟦+33612345678⟧","zip":"75011"}}',
  'whatsapp: https://wa.me/⟦447911123456⟧',
  'Bel ⟦0800-1234⟧567 of niet' .replace('⟦0800-1234⟧567', '⟦0800-1234567⟧'),
  'At 14:05 on 03/04/2024 you called ⟦(312) 555-0175⟧ for 12 minutes.',
  'ext 4411 is mine; from outside dial ⟦+1-617-555-0160 ext. 4411⟧',
  'Mom ⟦(555) 010-9999⟧\nDad ⟦(555) 010-9998⟧',
  'my phone number is ⟦5551234567⟧',
  'Número: 45; celular ⟦(11) 98765-4321⟧; CEP 01310-100',
  'SOS ⟦+380 (44) 123-45-67⟧!!!',
  'Give me a ring: ⟦020 8366 1177⟧.',
  'phones: ⟦555-123-4567⟧ ⟦555-987-6543⟧',
  'Numer: ⟦(22) 635 84 52⟧ wew. 14',
  'тел. ⟦8 800 555-35-35⟧',
  'Sales ⟦03 9123 4567⟧ or toll free ⟦1800 123 456⟧',
]

const notPhones = [
  'Order number ##########', 'Your order ###-#######-####### has shipped.', 'order ########', 'Ticket ######## is closed.', 'Case 0####### was escalated', 'Ref. ####-####-##', 'Invoice INV-2024-0#####', 'invoice no. ########',
  'ISBN 978-3-16-1484##-0', 'ISBN-10: 0-306-4061#-2', 'EAN 400638133393#', 'IMEI 35-209900-176148-#', 'IMEI: 490154203237###', 'Tracking 1Z999AA1012345####', 'Tracking number 7489 9983 ####', 'USPS 9400 1000 0000 0000 0000 ##', 'DHL waybill ##########',
  'version 10.0.190##.1', 'Released on 2024-0%-1#', 'on 12/0%/2023 at 10:4#', '0%.11.2024 um 09:1# Uhr', '2023-10-%#T1#:2#:33Z', 'between 1998-2004 and 2010-2015', 'the years 2019 2020 2021 2022', 'pp. 1123-1145', 'pages ###-###',
  'timestamp 17########', 'ts=17##########', '[17########.###] eth0: link up', 'pid=##### tid=####### done in #### ms', 'at 40.7128#, -74.0060#', 'GPS 48.8583##, 2.2944##', 'lat 51.5074## lon 0.1278##', 'coordinates 52.52##N 13.40##E',
  'It costs $1,2##,###.00', 'Preis: 1.2##.###,50 €', 'prix : 12 3## ### €', 'We have 1 4## ### users', 'population 8 3## ### inhabitants', 'total 1,234,5##', 'Revenue of 4######## USD', '₹ 12,34,5##', 'a budget of 2 500 0## EUR', '£ 3 200 0##',
  'sha1 da39a3ee5e6b4b0d3255bfef95601890afd8####', 'md5 ********************************', 'commit *******', '********-****-4***-a***-************', '0x********', 'MAC 00:1B:44:11:3A:##', 'ip 192.168.10.1##', '10.20.30.4# - - [10/Oct/2023:13:55:36] "GET /" 200 #####',
  'part number ###-##-####', 'Part 45##-####-##', 'model WD-#######', 'SKU ########', 'serial number 0###-####-###', 'S/N ##########', 'zip 9####-####', 'Springfield, IL 627##-####', 'ZIP code #####', '123 Main St, Apt 45##', '10115 Berlin', '#### Wilshire Blvd',
  'SSN 078-05-11##', 'EIN 12-34567##', 'passport ########', 'account number ##########', 'Konto ##########', 'routing 0210000##', 'sort code 12-34-5#', 'card 4111 1111 1111 11##', 'IBAN DE89 3704 0044 0532 0130 ##', 'IBAN GB29 NWBK 6016 1331 9268 ##',
  'case 2:21-cv-0####', 'US patent 9,1##,###', 'doi:10.1000/18#####', 'arXiv:2101.1####', 'RFC 82##', 'CVE-2024-3####', 'bug 17##### is fixed', 'PR #####', 'issue #12#####', '#123456##', 'The score was 3-2 (1-1)', 'ratio 16:9 or 1920x1080', '1024 x 768', 'id 99########',
  'user_id=#########', '"id": ##########,', 'customer id ########', 'SELECT * FROM t WHERE id = 55########', 'port 8080, pid ######', 'x = 1234567 + 89', 'f(12345678)', 'const n = 16########;', '[1234567, 2345678, 3456789]', '1234567 8901234', '3.14159265##', '6.022e23', '0.123456789#',
  '12345678 bytes', '######## rows in set', 'took ####### ns', '### ### tokens', 'size 1 0## ### ###', 'block 18######', 'nonce ##########', 'gas 21000 price 30######## wei', 'line 1204, column 33', 'errno 110 at 0x7fff####', 'exit code 137 after 86400 s', 'Seite 123-145',
  'Artikelnummer 123-456-###', 'Bestellnummer: 4500######', 'Rechnung 2024/00####', 'Kundennummer ########', 'facture n° 2023-00####', 'commande 402######', 'factura 001-002-000######', 'pedido 70########', 'NIF 1234567##', 'SIRET 732 829 320 000##', 'CPF 529.982.247-2#', 'CNPJ 11.222.333/0001-8#',
  'NHS 943 476 59##', 'NIP 526-104-08-##', 'BSN 1234567##', 'Steuernummer 21/815/081##', 'VAT GB 9999 9999 ##', 'UPC 0 36000 29145 #', 'ASIN B0########', 'flight LH 1234 seat 12A', 'booking 4H#####', 'PNR ABC1##', 'gate 12 at 18:45', '订单号 2024########', '编号 00########',
  'flat 12, block 34, sector 56 78', 'Bible: 1 Cor 13:4-8', 'phone model SM-G991####', 'iPhone 14 Pro 256 GB 2022', 'Nokia 3310 from 2000', 'the call took 12345 ms', 'call id 8821####', 'call sid CA********************************', 'ping 12.345/23.456/34.567 ms',
  'Python 3.11.4 (2023-06-07)', 'npm 9.6.7 node 18.17.1', 'kernel 5.15.0-91', 'v2024.10.12', 'build 22621.2861', 'ubuntu-22.04.3', '192 168 10 1##', '255 255 255 0', 'rgb(120, 130, 140)', 'hsl 210 50 40', '#12345# color', 'weights 12 15 20 22 25 30 35', '1 2 3 4 5 6 7 8 9 10',
  'scores: 98 87 76 65', 'lottery 04 12 23 34 41 49', '2 4 8 16 32 64 128 256', '10 20 30 40', '1000-2000 m', '100-200-300 reps', '20-30-40 years', '5-10 days, 12-15 items', '3:15-4:30', '12-15-18 months old', 'sizes 36-38-40', 'AB 123456 C', 'plate M-AB 12##', 'Route 66, exit 123',
  'chapter 12, verse 34-56', 'Art. 12 34 56', 'cell B12:D45', 'cells 1200-1250 were counted', 'mobile users: 1 234 567', 'phones sold: 12 345 678 units', 'tel aviv 2024', 'contact form 12', 'We text 12345 people', 'call for papers 2024-2025', 'The office has 1200 m2',
  'faxed 12 pages on 2024-01-15', 'phone bill of 1 250 EUR', 'call center with 1 200 employees', 'mobile data 2048 MB', 'phone: n/a, order 88291##', 'Phone support ticket 99####',
]

export function phoneNegatives(): readonly Sample[] {
  const dice = new Dice(2)
  return without([...notPhones, ...notPhones].map((text) => dice.fill(text)))
}
