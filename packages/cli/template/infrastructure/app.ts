/** The same on AWS: `npm run synth` writes its CloudFormation to cdk.out, without account, credentials and network. @module */
import { PlinthStack } from '@plinth/cdk'
import { App } from 'aws-cdk-lib'
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' }

const app = new App({ outdir: 'cdk.out', analyticsReporting: false, context: recommended })

// Requests, tenants and the model gateway are the base of every stack; the other patterns stand beside it.
new PlinthStack(app, 'Plinth', {
  eventDriven: { models: ['global.amazon.nova-2-lite-v1:0'] },
  // without rag
  rag: false,
  // end
  // without multi-agent
  multiAgent: false,
  // end
  // without analytics
  analytics: false,
  // end
  // without multi-tenant
  // Without a web ACL, a trail of accesses and keys of tenants' own.
  multiTenant: false,
  // end
})

app.synth()
