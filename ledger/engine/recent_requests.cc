#include "ledger/engine/recent_requests.h"

#include "ledger/base/check.h"

namespace bursar {

void RecentRequests::Add(const RequestKey& key, const storage::v1::Entry& entry) {
  const bool added = answered_.try_emplace(key, AnsweredRequest{entry.position(), entry.fingerprint()}).second;
  BURSAR_CHECK(added);
  order_.push_back(key);
}

const AnsweredRequest* RecentRequests::Find(const RequestKey& key) const {
  const auto found = answered_.find(key);
  return found == answered_.end() ? nullptr : &found->second;
}

void RecentRequests::Forget(Position indexed, size_t keep) {
  while (order_.size() > keep) {
    const auto oldest = answered_.find(order_.front());
    if (oldest->second.position > indexed) return;
    answered_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace bursar
