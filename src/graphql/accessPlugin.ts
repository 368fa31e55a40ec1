import type { ApolloServerPlugin } from "@apollo/server";
import { withoutSuggestion } from "./accessRefusal.js";
import { Admission, admit } from "./admission.js";
import type { RequestContext } from "./context.js";

/** What is admitted through Apollo Server: everything that reaches its execution, whatever the body looked like. */
export const accessPlugin: ApolloServerPlugin<RequestContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ schema, document, operation, request, contextValue }) => {
        if (operation !== undefined) admit(new Admission(schema, document, operation), contextValue, request.variables);
        return Promise.resolve();
      },
      willSendResponse: ({ response, contextValue: { access } }) => {
        const { body } = response;
        const errors = body.kind === "single" ? body.singleResult.errors : undefined;
        if (body.kind === "single" && errors !== undefined) {
          body.singleResult = { ...body.singleResult, errors: errors.map((error) => withoutSuggestion(access, error)) };
        }
        return Promise.resolve();
      },
    }),
};
