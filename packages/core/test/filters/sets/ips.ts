import { Dice, type Sample, samples, without } from './sample.ts'

const sentences = [
  '{}', 'ip: {}', 'Connect to {} please', 'http://{}/index.html', 'ssh admin@{}', '{} - - [10/Oct/2023:13:55:36 +0000] "GET / HTTP/1.1" 200 2326', 'Mar  1 12:00:01 host sshd[991]: Failed password for root from {} port 50022 ssh2', 'client_ip={} status=200', '{"ip":"{}","ok":true}',
  'ping {}', 'The server {} is down.', 'allow from {};', 'Blocked {} after 5 attempts', 'nameserver {}', '{}:8080', 'tcp 0 0 {}:443 {}:51234 ESTABLISHED', 'x-forwarded-for: {}, {}', 'IP-Adresse: {}', "L'adresse IP est {}.", 'La IP del servidor es {}', 'route add {} gw {}', '{}/24', 'ssh: connect to host {} port 22: Connection refused',
  'inet {} broadcast', 'host = "{}"', 'curl https://{}:8443/health', 'My address is {}, what is yours?', 'ERROR connection to {} timed out', '({})', 'from {} to {}', 'IP地址{}已被封禁', '- {}', 'remote_addr: {}', 'peer {} disconnected', 'User logged in from {}.', 'deny {}', 'src={} dst={} proto=6', 'redis://{}:6379/0', 'Last login: Tue Mar 5 from {}', 'DNS server {} is slow',
]
const wide = [
  '{}', 'ip: {}', 'http://[{}]:8080/', 'ping6 {}', 'inet6 {} prefixlen 64', 'from {} port 22', '{"ip":"{}"}', 'Connect to {} please.', 'the router is {}, the host {}', 'AAAA {}', '[{}]', 'src={}', 'Adresse {} nicht erreichbar', 'IPv6:{}', '{}/64', 'client {} closed the connection', 'nameserver {}', '- {}', 'addr:{} scope:link', 'listen [{}]:443 ssl;',
]

export function ipPositives(): readonly Sample[] {
  const dice = new Dice(31)
  const four = (): string =>
    dice.pick([
      () => `192.168.${dice.below(256)}.${dice.between(1, 254)}`,
      () => `10.${dice.below(256)}.${dice.below(256)}.${dice.between(1, 254)}`,
      () => `172.${dice.between(16, 31)}.${dice.below(256)}.${dice.between(1, 254)}`,
      () => `${dice.between(1, 223)}.${dice.below(256)}.${dice.below(256)}.${dice.between(1, 254)}`,
      () => `${dice.between(1, 223)}.${dice.below(256)}.${dice.below(256)}.${dice.between(1, 254)}`,
      () => dice.pick(['127.0.0.1', '8.8.8.8', '1.1.1.1', '203.0.113.7', '198.51.100.23', '0.0.0.0']),
    ])()
  const group = (): string => (dice.below(65535) + 1).toString(16)
  const six = (): string =>
    dice.pick([
      () => `2001:db8:${group()}:${group()}:${group()}:${group()}:${group()}:${group()}`,
      () => `2001:db8::${group()}`,
      () => `fe80::${group()}:${group()}:${group()}:${group()}`,
      () => `fe80::${group()}%${dice.pick(['eth0', 'en0', 'wlan0', '2'])}`,
      () => `2a02:${group()}:${group()}::${group()}`,
      () => `fd${dice.fill('**')}:${group()}:${group()}::1`,
      () => `::ffff:192.0.2.${dice.between(1, 254)}`,
      () => `2606:4700:4700::${dice.pick(['1111', '1001'])}`,
      () => '::1',
      () => `2001:0DB8:85A3:0000:0000:8A2E:0370:${dice.fill('####')}`,
      () => `2600:1f18:${group()}:${group()}::`,
      () => 'ff02::1',
    ])()
  return [...samples(dice, 320, sentences, four), ...samples(dice, 100, wide, six)]
}

const notAddresses = [
  'version %.#.#.#', 'v%.#.#.#', 'Version 10.0.190##.1', 'release %.#.#.##', 'build %.0.0.##', 'upgrade from %.#.#.# to %.#.#.#', 'Chrome/112.0.56##.49', 'Mozilla/5.0 (Windows NT 10.0) Chrome/%#.0.0.0 Safari/537.36', 'section %.#.#.#', 'see chapter %.#.#.#', '§ %.#.#.#', 'OID 1.3.6.1.2.1.1.5', '1.3.6.1.4.1.9.9', 'oid 1.2.840.113549.1', '2.5.4.3', '2.5.29.15', 'OID 2.5.4.10',
  'pip install foo==%.#.#.#', 'foo-%.#.#.#.jar', 'foo@%.#.#.#', 'libfoo_%.#.#.#-1_amd64.deb', 'nuget Foo.Bar %.#.#.#', 'AssemblyVersion("%.#.#.#")', 'firmware %.#.#.##', 'driver %#.##.#.#', '256.1.1.1', '1.2.3.400', '999.999.999.999', '1.2.3', '1.2.3.4.5', '01.02.03.04', '12.30.45', '10:30:45', '2024.01.02', '1.234.567.890', '1.234.567,89 €', '12:34:56:78', '00:1B:44:11:3A:B#', '00-1B-44-11-3A-B#',
  'std::vector', 'Foo::Bar', 'use std::fs::File', 'a::b', 'dead::beef', 'x[1::2]', 'list[::2]', 's[::-1]', 'Abc::Def::Fed', 'SHA256 fingerprint **:**:**:**:**:**:**:**:**:**:**:**:**:**:**:**', '**:**:**:**:**:**:**:**', '10:30', '12:00:00.123', '1:2:3', 'ratio 4:3:2:1', 'at 10:20:30:40', 'std::chrono::seconds', 'Net::HTTP', 'ee::ff', '::',
  'price 1.234.567.8', 'phone 12.34.56.78.90', '$1.2.3.4', '1.2.3.x', '10.0.x.x', '1.2.3.4-beta', '%.#.#.#rc1', '%.#.#-#', 'Table %.#.#.#: results', '%.#.#.# Scope of the document', 'Step %.#.#.#', 'requirement %.#.#.#', 'clause %.#.#.#', 'ISO 9001 clause %.#.#.#', 'appendix %.#.#.#', 'figure %.#.#.#', 'openssl 1.1.1.w', 'java 1.8.0_292', 'macOS 10.15.7', 'iOS 17.1.2', 'node 18.17.1', 'python 3.11.4',
  'package version ">=%.#.#.#"', '"version": "%.#.#.#"', '<version>%.#.#.#</version>', 'FileVersion: %.#.#.##', 'ProductVersion=%.#.#.#', 'app %.#.#.# was released', 'bump foo to %.#.#.#', 'the SDK %.#.#.# fixes it', 'Unity 2022.3.10.1', 'dotnet-sdk-6.0.1.2', 'Edge 119.0.21##.58', 'Firefox 115.0.2.1', 'kernel 5.15.0.91', 'BIOS %.##.#.#', 'plugin %.#.#.# is outdated', 'Update %.#.#.# available', 'changelog %.#.#.#', 'tag %.#.#.#', 'docker pull foo:%.#.#.#',
  'hash ********', 'uuid ********-****-4***-a***-************', '0x********', 'id 1234.5678.9012.3456', 'card 4111.1111.1111.1111', 'date 01.02.2024 10.30', '52.5200, 13.4050', '52.5200.13.4050', 'rev 1.1.1.1.2.3', 'http://example.com/v1.2.3.4/x', 'foo/1.2.3.4', 'user agent foo/1.2.3.4 (Linux)', 'IE 11.0.9600.#####', '3.14.15.926', 'a.b.c.d', '1.a.2.b', 'v 1.2.3.4', 'Ver. %.#.#.#', 'ver %.#.#.#', 'API %.#.#.#', 'schema %.#.#.#',
]

export function ipNegatives(): readonly Sample[] {
  const dice = new Dice(32)
  return without(Array.from({ length: notAddresses.length * 3 }, (_, index) => dice.fill(notAddresses[index % notAddresses.length] ?? '')))
}
