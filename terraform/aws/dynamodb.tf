# The collections. What they hold and how it is queried is the Go code's to say:
# declared.json is made from internal/store.

locals {
  # ephemeral holds limits, leases and the visitors' day keys: a backup of it
  # would keep what is destroyed each day on purpose.
  kept = setsubtract(keys(local.declared.tables), ["ephemeral"])
  # The collections that have an outbox, which the relay empties.
  relayed = [for name, table in local.declared.tables : name if table.outbox]
}

resource "aws_dynamodb_table" "collection" {
  for_each = local.declared.tables

  name         = "${local.prefix}-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = each.value.key

  deletion_protection_enabled = var.protect && contains(local.kept, each.key)

  # The keys are enough: the relay reads what it moves by key.
  stream_enabled   = contains(local.relayed, each.key)
  stream_view_type = contains(local.relayed, each.key) ? "KEYS_ONLY" : null

  dynamic "attribute" {
    for_each = toset(concat([each.value.key], flatten([for i in each.value.indexes : [i.partition, i.sort]])))
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = { for i in each.value.indexes : i.name => i }
    content {
      name            = global_secondary_index.key
      projection_type = global_secondary_index.value.projection

      key_schema {
        attribute_name = global_secondary_index.value.partition
        key_type       = "HASH"
      }
      key_schema {
        attribute_name = global_secondary_index.value.sort
        key_type       = "RANGE"
      }
    }
  }

  ttl {
    attribute_name = each.value.ttl
    enabled        = true
  }

  dynamic "point_in_time_recovery" {
    for_each = contains(local.kept, each.key) ? [var.protect] : []
    content {
      enabled = point_in_time_recovery.value
    }
  }
}
