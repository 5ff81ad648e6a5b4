# The machines' roles. The bucket does not exist yet.

iam_role "shop-postgres-host" {}

iam_role "shop-redis-host" {}
