import { describe, expect, it } from 'vitest'
import { virtualKeyPrefix } from '../../src/tenancy/authenticate.ts'
import { applyTenantFilters } from '../../src/tenancy/filters/apply-tenant-filters.ts'
import { settings } from './support.ts'

const masked = (text: string): string => applyTenantFilters(text, settings({ credential: 'mask' }), 'output').text
/** Put together here, so that no scanner takes this file for a leak. */
const token = (beginning: string, length: number): string =>
  beginning + 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0'.repeat(4).slice(0, length)

describe('credentials', () => {
  it.each([
    ['AWS', `AKIA${'IOSFODNN7EXAMPLE'}`],
    ['GitHub', token('ghp_', 36)],
    ['GitHub, fine-grained', token('github_pat_', 60)],
    ['GitLab', token('glpat-', 20)],
    ['Slack', token('xoxb-', 40)],
    ['Stripe', token('sk_live_', 24)],
    ['Google', token('AIza', 35)],
    ['OpenAI', token('sk-proj-', 48)],
    ['Anthropic', token('sk-ant-api03-', 60)],
    ['npm', token('npm_', 36)],
    ['Hugging Face', token('hf_', 34)],
    ['SendGrid', `${token('SG.', 22)}.${token('', 43)}`],
    ['JSON web token', `${token('eyJ', 30)}.${token('eyJ', 60)}.${token('', 43)}`],
    ['Vault', token('hvs.', 24)],
  ])('are known by their form: %s [R103, X69]', (_, value) => {
    expect(masked(`Use ${value} for now.`)).toBe('Use [credential] for now.')
    expect(masked(`{"key":"${value}"}`)).toBe('{"key":"[credential]"}')
    expect(masked(`key=${value}\n`)).toBe('key=[credential]\n')
  })

  it.each([
    ['password=hunter22', 'password=[credential]'],
    ['PASSWORD: "correct horse battery staple" # ours', 'PASSWORD: "[credential]" # ours'],
    ['{"password": "s3cret!", "user": "bob"}', '{"password": "[credential]", "user": "bob"}'],
    ['DB_PASSWORD=letmeinplease', 'DB_PASSWORD=[credential]'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'aws_secret_access_key = [credential]'],
    ['api_key: "abc123def456"', 'api_key: "[credential]"'],
    ['postgres://app:s3cret@db.example.com:5432/x', 'postgres://[credential]@db.example.com:5432/x'],
    ['Authorization: Bearer abcdef1234567890', 'Authorization: Bearer [credential]'],
    ['Authorization: Basic dXNlcjpwYXNzd29yZA==', 'Authorization: Basic [credential]'],
    ["curl -H 'X-Api-Key: 0123456789abcdef'", "curl -H 'X-Api-Key: [credential]'"],
    [
      'https://example.com/login?user=bob&password=hunter22&next=/',
      'https://example.com/login?user=bob&password=[credential]&next=/',
    ],
    ['The password is hunter2!, do not share it.', 'The password is [credential], do not share it.'],
    ['mysql --password hunter22 shop', 'mysql --password [credential] shop'],
    ["CREATE USER bob IDENTIFIED BY 'hunter22'", "CREATE USER bob IDENTIFIED BY '[credential]'"],
    [
      'DefaultEndpointsProtocol=https;AccountKey=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==;',
      'DefaultEndpointsProtocol=https;AccountKey=[credential];',
    ],
  ])('are known by what names them: %s [R103, X69]', (text, expected) => {
    expect(masked(text)).toBe(expected)
  })

  it.each([
    'password: must be at least 12 characters',
    'Enter your password: ',
    'password = process.env.DB_PASSWORD',
    'password: $DB_PASSWORD',
    '"password": "<your password>"',
    'password=********',
    'token: string',
    'const token = getToken(request)',
    'this.tokenProvider = tokenProvider',
    'max_tokens: 4096, total_tokens=1532',
    'How do I reset a forgotten password?',
    'The token is a JSON web token that expires after an hour.',
    'secret_name: prod/db1',
    'sk-learn and sk_test are names',
    'https://example.com/path:with@sign',
    'commit da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'public_key: AAAAB3NzaC1yc2EAAAADAQABAAABgQC7',
  ])('are not: %s', (text) => {
    expect(masked(text)).toBe(text)
  })

  it('are known by their form: virtual keys of Plinth [R103, X69]', () => {
    const key = `${virtualKeyPrefix}acme-2_${'0123456789ab'.repeat(2)}_${token('', 20)}-_${token('', 21)}`
    expect(masked(`Use ${key} for now.`)).toBe('Use [credential] for now.')
    expect(masked(`Authorization: Bearer ${key}`)).toBe('Authorization: Bearer [credential]')
    expect(masked(`PLINTH_KEY=${key}\n`)).toBe('PLINTH_KEY=[credential]\n')
    expect(masked('Keys look like plk_acme_… and plk_test is a name.')).toBe('Keys look like plk_acme_… and plk_test is a name.')
  })

  it('are masked as a whole, however long they are [R103, X69]', () => {
    const lines = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n'.repeat(60)
    expect(masked(`Here: -----BEGIN RSA PRIVATE KEY-----\n${lines}ab==\n-----END RSA PRIVATE KEY-----\nThanks.`)).toBe(
      'Here: [credential]\nThanks.',
    )
    expect(masked(JSON.stringify({ key: `-----BEGIN PRIVATE KEY-----\n${lines}-----END PRIVATE KEY-----\n`, id: 1 }))).toBe(
      '{"key":"[credential]\\n","id":1}',
    )
    expect(masked(`-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n${lines}`)).toBe(
      '[credential]\n',
    )
    expect(masked(`A ${token('eyJ', 20)}.${token('eyJ', 20)}${'x1Y2'.repeat(2000)} B`)).toBe('A [credential] B')
  })

  it('leave prose about keys alone', () => {
    const prose = 'The file begins with -----BEGIN PRIVATE KEY----- and then come lines of base64.'
    expect(masked(prose)).toBe('The file begins with [credential] and then come lines of base64.')
    expect(masked('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----')).toBe(
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    )
  })
})
