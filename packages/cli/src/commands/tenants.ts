import { Command } from 'commander'
import { auditCommands } from '../tenants/audit-commands.ts'
import { exportCommands } from '../tenants/export-commands.ts'
import { keysCommand } from '../tenants/key-commands.ts'
import { lifecycleCommands } from '../tenants/lifecycle-commands.ts'
import { usageCommand } from '../tenants/usage-command.ts'

export function tenantsCommand(): Command {
  const tenants = new Command('tenants')
    .description('Tenants of a running server: onboard them, set them up, look at them, let them go.')
    .option('--json', 'print JSON')
    .helpCommand(false)
  for (const command of [...lifecycleCommands(), keysCommand(), usageCommand(), ...auditCommands(), ...exportCommands()])
    tenants.addCommand(command)
  return tenants
}
