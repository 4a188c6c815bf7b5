import type { Command } from 'commander'
import { verb } from '../subcommand.ts'
import { auditCommands } from '../tenants/audit-commands.ts'
import { exportCommands } from '../tenants/export-commands.ts'
import { keysCommand } from '../tenants/key-commands.ts'
import { lifecycleCommands } from '../tenants/lifecycle-commands.ts'
import { usageCommand } from '../tenants/usage-command.ts'

export function tenantsCommand(): Command {
  return verb('tenants', 'Tenants of a running server: onboard them, set them up, look at them, let them go.', [
    ...lifecycleCommands(),
    keysCommand(),
    usageCommand(),
    ...auditCommands(),
    ...exportCommands(),
  ])
}
