package store

import (
	"context"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// FindDueDeliveries gives at most limit deliveries that are due, those that have
// expired too.
func (s *Identity) FindDueDeliveries(ctx context.Context, limit int) ([]*promptz.Delivery, error) {
	const op = "find due deliveries"
	keys, err := s.docs.due(ctx, deliveriesDue, s.now(), limit)
	if err != nil {
		return nil, failure(op, err)
	}
	docs := make([]any, len(keys))
	for i, key := range keys {
		docs[i] = &deliveryDoc{ID: key}
	}
	found, err := s.docs.getAll(ctx, docs, true)
	if err != nil {
		return nil, failure(op, err)
	}
	var deliveries []*promptz.Delivery
	for i, doc := range docs {
		d := doc.(*deliveryDoc).delivery()
		if found[i] && !d.DueAt.After(s.now()) { // an index may be late
			deliveries = append(deliveries, d)
		}
	}
	return deliveries, nil
}

// UpdateDelivery writes the next state of the delivery that was read as old, and
// sets d's guard to it. It fails with [promptz.ErrStale] when somebody else has
// taken it, and with [promptz.CodeNotFound] when it is done.
func (s *Identity) UpdateDelivery(ctx context.Context, old, d *promptz.Delivery) error {
	doc := s.deliveryDoc(d)
	err := s.docs.replace(ctx, "update delivery", "delivery", doc, old.Guard)
	if err == nil {
		d.Guard = doc.DocstoreRevision
	}
	return err
}

// DeleteDelivery removes a delivery, if it is there.
func (s *Identity) DeleteDelivery(ctx context.Context, d *promptz.Delivery) error {
	write := func() error { return s.docs.handles.Consistent.Delete(ctx, &keyDoc{ID: deliveryKey(d.ID)}) }
	return commit(ctx, "delete delivery", write, func() (bool, error) { return false, nil })
}

// enqueue adds a delivery to a list; nil adds none.
func (s *Identity) enqueue(list *docstore.ActionList, d *promptz.Delivery) {
	if d != nil {
		list.Create(s.deliveryDoc(d))
	}
}

func (s *Identity) deliveryDoc(d *promptz.Delivery) *deliveryDoc {
	doc := newDeliveryDoc(d)
	doc.ExpiryShard, doc.ExpirySort = s.docs.expiry(doc.ID, d.ExpiresAt)
	return doc
}
