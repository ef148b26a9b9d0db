package app

// workflowSchemes are what can run workflows.
var workflowSchemes = []string{"local"}
