// Each test runs one peer process and one 20 MB transfer at most: side by side they would only slow one another on a small machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
