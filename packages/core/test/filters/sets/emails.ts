import { Dice, type Sample, samples, without } from './sample.ts'

const people = ['jane.roe', 'bob', 'max.mustermann', 'marie-claire', 'j_doe42', 'info', 'no-reply', 'first.last+news', 'x', 'o.connor', 'a1b2c3', 'SALES', 'Juan.Perez', 'user%mail', 'support_de', 'anna.müller', 'jürgen', 'dev-team', 'ali.k', '12345', 'bill+2024', 'm.o.l', 'hello', '王伟', 'пётр']
const hosts = ['example.com', 'example.co.uk', 'mail.example.org', 'gmail.com', 'web.de', 'uni-köln.de', 'sub.dept.example.edu', 'xn--mnchen-3ya.de', 'example.museum', 'acme.io', 'corp.local', 'münchen.example', 'a-b.fr', 'outlook.com', 'qq.com', 'example.travel', 'yandex.ru', 'пример.рф', '例子.公司', 'student.tudelft.nl', 'proton.me', 'x.ai', 'company.com.br', 'EXAMPLE.COM', '163.com', 'a.b.c.example.net']
const sentences = [
  '{}', 'Email: {}', 'Contact me at {}.', 'mailto:{}', '<{}>', 'Jane Roe <{}>, Bob <{}>', 'My e-mail is {}, thanks!', '{"email":"{}"}', 'to={}&x=1', 'Bitte an {} schicken.', 'Mon adresse : {}', 'Mi correo es {}; gracias', 'Write to {}!', '({})', '"{}"', "'{}'", 'cc {}; bcc {}', '{}, {}, {}', 'user {} logged in', '2024-01-01 12:00:00 INFO login ok for {} from web', 'E-Mail:{}', 'email={}', 'https://example.com/?email={}&a=b',
  'Please reset the password of {}?', 'From: {}\nTo: {}\nSubject: hello', 'name,email\nJane,{}\nBob,{}', '| {} | active |', '- {}', 'git commit --author="Jane <{}>"', 'Co-authored-by: Jane Roe <{}>', 'Is {} you?', '{} (work)', 'Send it to {} or {}', '[mail](mailto:{})', 'const to = "{}";', '联系{}，谢谢', 'メールは{}です。', '이메일은 {} 입니다', '{}... maybe', 'Ask {}: she knows', 'Почта {}.', '<a href="mailto:{}">mail</a>', 'reply-to {}\n', '*{}*', 'E: {} | T: none',
]

export function emailPositives(): readonly Sample[] {
  const dice = new Dice(51)
  return [
    ...samples(dice, 360, sentences, () => `${dice.pick(people)}@${dice.pick(hosts)}`),
    ...byHand.map((text) => ({ text: text.replace(/[⟦⟧]/g, ''), values: [...text.matchAll(/⟦(.*?)⟧/g)].map(([, value = '']) => value) })),
  ]
}

const byHand = [
  'Quoted: ⟦"john doe"@example.com⟧ is allowed', 'Try ⟦bob [at] example [dot] com⟧ instead', 'spam-safe: ⟦bob(at)example.com⟧', '⟦jane@example.com⟧:hunter2', 'Two in a row ⟦a@example.com⟧/⟦b@example.com⟧', 'url ?mail=⟦bob%40example.com⟧&x', 'Hi⟦bob@example.com⟧'.replace('Hi⟦', 'Hi ⟦'), '“⟦bob@example.com⟧”', 'mail⟦\u200b⟧'.replace('⟦\u200b⟧', ': ⟦bob@example.com⟧'), "⟦o'brien@example.ie⟧ wrote", '⟦customer/department=shipping@example.com⟧'.replace('customer/department=', ''), 'x=⟦bob@example.com⟧,', 'bob@example.com'.replace(/^(.*)$/, '⟦$1⟧')+'.', '>⟦bob@example.com⟧ wrote:', '{⟦bob@example.com⟧}',
]

const notEmails = [
  '@mention', 'thanks @jane_doe!', 'hi @bob and @alice', 'npm i lodash@4.17.##', '@angular/core@15.#.#', 'react@18.2.0', 'package@1.2.3', '@types/node@20.1.0', 'docker pull foo@sha256:********', 'git@github.com:acme/widgets.git', 'git clone git@gitlab.example.com:team/repo.git', 'ssh deploy@prod.example.com', 'scp file.txt bob@host.example.com:/tmp/', 'rsync -av ./ user@host.example.com:/srv/', 'ssh -i key.pem ec2-user@ec2-1-2-3-4.compute.amazonaws.com', 'https://user@example.com/path', 'https://user:pass@example.com/', 'postgres://app:secret@db.example.com:5432/app', 'ftp://anonymous@ftp.example.org/pub',
  'icon@2x.png', 'logo@3x.jpg', 'hero@1.5x.webp', '@media (max-width: 600px)', '@Override', '@app.route("/")', '@pytest.fixture', '@dataclass', 'user@localhost', 'root@server:~#', 'jane@host:~/src$', 'foo@', '@example.com', 'a@b', 'price @ 5.00 each', '3 apples @ $1.20', 'meet @ 5pm', 'x @ y.T', 'A@B.T', 'someone@', 'Message-ID: <CAF+********@mail.gmail.com>', 'In-Reply-To: <20240101.********@mail.example.com>', 'References: <abc.123@news.example.org>', 'Content-ID: <part1.********@example.com>', '@user@mastodon.social', 'follow @jane@hachyderm.io',
  'origin/main@{1}', 'HEAD@{2}', 'user@domain', 'v1.2@beta', 'foo @bar.baz', '%s@%s', '${user}@${host}', '{name}@{domain}', '<user>@<host>', 'email', 'no at sign here.com', 'example.com', 'www.example.com', 'http://example.com/@jane', 'https://medium.com/@jane/post-1', 'https://twitter.com/@bob', '@2x', '12@34', '1@2.3', 'a@1.2.3.4.5', 'foo@bar..com', 'foo.@bar', '.@.', '@@@@', 'a@@b.com', 'jane@', 'SELECT @x := 1', 'DECLARE @id int', '@echo off', 'if (@user.name)', 'matrix@vector.dot(x)', 'func@module.call()', 'arr@index', 'name@example', 'user@192', 'C@ffe', 'p@ssw0rd', 'P@55word!', 'h@ck3r', 'l33t@home', '@Component({})', '@Injectable()', "@import 'x.css'", '@param x', '@return {string}', '@see Foo#bar', '#/definitions/@id', 'xpath //a[@href]', '@font-face', '@keyframes x', 'dependencies@latest', 'yarn add foo@next', 'brew install python@3.11', 'openssl@1.1', 'foo@workspace:*', 'module@v2', 'chrome@114.0.5735', 'ubuntu@22.04', 'deb@bookworm', '12:30@room', 'file@v1.txt', 'backup@2024.tar.gz', 'report@final.pdf', 'main.js@123', 'https://unpkg.com/react@18/umd/react.js', 'https://cdn.jsdelivr.net/npm/vue@3.2.1/dist/vue.js', 'sftp bob@files.example.com', 'mosh jane@box.example.com',
]

export function emailNegatives(): readonly Sample[] {
  const dice = new Dice(52)
  const around = ['{}', 'Look at {} now', 'run `{}` first', '> {}', 'note: {}']
  return without(Array.from({ length: notEmails.length * 3 }, (_, index) => dice.pick(around).replace('{}', () => dice.fill(notEmails[index % notEmails.length] ?? ''))))
}
