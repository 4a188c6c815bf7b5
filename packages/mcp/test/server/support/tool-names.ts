/** The tools of `/mcp`, in the order in which they are listed. */
export const toolNames: readonly string[] = [
  'ask',
  'search',
  'ingest',
  'submit',
  'get_request',
  'run_workflow',
  'get_workflow',
  'cancel_workflow',
  'list_agents',
  'list_streams',
  'get_insights',
  'get_windows',
  'list_alerts',
]
