import { type UseMutationResult, useQueryClient } from '@tanstack/react-query'
import { useAction } from '../../api/action.ts'
import { type Call, type Method, send } from '../../api/client.ts'
import { lookAgain, workflowPath } from './workflow.ts'

/** A call that acts on a workflow, such as `approve`. */
export function actionCall(id: string, action: string, body?: object): Call {
  const method: Method = 'POST'
  return { method, path: `${workflowPath(id)}/${action}`, ...(body === undefined ? {} : { body }) }
}

export type Act = UseMutationResult<unknown, Error, Call>

/** Acts on a workflow, and looks what came of it. @param asked see useAction. */
export function useAct(asked?: Call): Act {
  const queries = useQueryClient()
  return useAction(
    {
      mutationFn: (call: Call) => send(call),
      onSuccess: () => lookAgain(queries),
      // It may stand otherwise than the page knew. The refusal itself is shown at once.
      onError: () => void lookAgain(queries),
    },
    asked,
  )
}
