import { graphql } from "../generated/gql.js";

export const REPLAY_POLICY = graphql(`
  mutation ReplayPolicy($input: ReplayPolicyInput!) {
    replayPolicy(input: $input) {
      __typename
      ... on PolicyReplay {
        version
        status
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const POLICY_REPLAY = graphql(`
  query PolicyReplay($application: String!, $version: Int!) {
    policyReplay(application: $application, version: $version) {
      __typename
      ... on PolicyReplay {
        version
        status
        reason
        done
        total
        rows
        folded
        entities
        compared
        meanLoss
        loggedMeanLoss
        skipped {
          reason
          rows
        }
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const EVALUATE_POLICY = graphql(`
  query EvaluatePolicy($application: String!, $policy: PolicyInput!, $from: String, $maxRows: Int) {
    policyEvaluation(application: $application, policy: $policy, from: $from, maxRows: $maxRows) {
      __typename
      ... on PolicyEvaluation {
        verdict
        reason
        measure
        rows
        judged
        complete
        logged {
          value
        }
        offPolicy {
          n
          effectiveSampleSize
          meanWeight {
            value
          }
          largestWeight
          largestShare
          ips {
            value
          }
          snips {
            value
          }
          dr {
            value
            low
            high
          }
        }
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);
