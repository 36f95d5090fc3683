// claims_grant
