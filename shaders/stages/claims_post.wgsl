// claims_post
