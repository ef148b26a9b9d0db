package sqliteengine

// Queued is how many writes wait behind the one that the writer has begun with.
func (e *Engine) Queued() int { return len(e.file.writer.queue) }
