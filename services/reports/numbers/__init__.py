"""What a report says, asked of the services that know it. No number is worked out here but the
change between two that were told."""
