package scanner

import "container/list"

// recent is a table of bounded size that forgets what was used longest ago. It
// is not safe for concurrent use.
type recent[K comparable, V any] struct {
	most  int
	items map[K]*list.Element
	order *list.List // the last used first
}

type recentItem[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: max(most, 1), items: make(map[K]*list.Element), order: list.New()}
}

func (r *recent[K, V]) get(key K) (value V, ok bool) {
	e, ok := r.items[key]
	if !ok {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*recentItem[K, V]).value, true
}

func (r *recent[K, V]) put(key K, value V) {
	if e, ok := r.items[key]; ok {
		e.Value.(*recentItem[K, V]).value = value
		r.order.MoveToFront(e)
		return
	}
	for len(r.items) >= r.most {
		last := r.order.Back()
		delete(r.items, last.Value.(*recentItem[K, V]).key)
		r.order.Remove(last)
	}
	r.items[key] = r.order.PushFront(&recentItem[K, V]{key, value})
}

func (r *recent[K, V]) len() int { return len(r.items) }
