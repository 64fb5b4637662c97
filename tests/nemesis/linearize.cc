#include "tests/nemesis/linearize.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "tests/nemesis/history.h"

namespace bursar::nemesis {
namespace {

// A well spread number for a number.
uint64_t Spread(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// 128 bits that stand for a set of steps and the model after them.
struct Mark {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator<(const Mark& other) const { return std::pair(high, low) < std::pair(other.high, other.low); }
  void Mix(uint64_t value) {
    high = Spread(high ^ value);
    low = Spread(low + Spread(value ^ 0x5bd1e995));
  }
};

Mark MarkOf(uint64_t steps_high, uint64_t steps_low, const AccountModel& model) {
  Mark mark{steps_high, steps_low};
  mark.Mix(static_cast<uint64_t>(model.funds));
  mark.Mix(static_cast<uint64_t>(model.limit));
  for (const auto& [id, held] : model.holds) {
    for (const char c : id) mark.Mix(static_cast<unsigned char>(c));
    mark.Mix(static_cast<uint64_t>(held));
  }
  return mark;
}

// The beginnings and ends of the steps that have an end, in time; a list from which steps are lifted and put back.
class Timeline {
 public:
  struct Moment {
    int64_t time = 0;
    size_t step = 0;
    bool is_end = false;
    size_t before = 0;
    size_t after = 0;
  };
  // Before the first, and after the last.
  static constexpr size_t kHead = 0;

  explicit Timeline(const std::vector<Step>& steps) : begins_(steps.size()), ends_(steps.size()) {
    moments_.emplace_back();
    for (size_t s = 0; s < steps.size(); ++s) {
      if (steps[s].returned == kNever) continue;
      moments_.push_back({.time = steps[s].invoked, .step = s});
      moments_.push_back({.time = steps[s].returned, .step = s, .is_end = true});
    }
    // What ends at an instant is not over before what begins at it.
    std::sort(moments_.begin() + 1, moments_.end(), [](const Moment& a, const Moment& b) {
      return std::pair(a.time, a.is_end) < std::pair(b.time, b.is_end);
    });
    for (size_t m = 0; m < moments_.size(); ++m) {
      moments_[m].before = m == 0 ? moments_.size() - 1 : m - 1;
      moments_[m].after = m + 1 == moments_.size() ? 0 : m + 1;
      if (m > 0) (moments_[m].is_end ? ends_ : begins_)[moments_[m].step] = m;
    }
  }

  size_t first() const { return moments_[kHead].after; }
  const Moment& operator[](size_t m) const { return moments_[m]; }

  void Lift(size_t step) {
    Unlink(begins_[step]);
    Unlink(ends_[step]);
  }
  // In the opposite order of lifting.
  void PutBack(size_t step) {
    Link(ends_[step]);
    Link(begins_[step]);
  }

 private:
  void Unlink(size_t m) {
    moments_[moments_[m].before].after = moments_[m].after;
    moments_[moments_[m].after].before = moments_[m].before;
  }
  void Link(size_t m) {
    moments_[moments_[m].before].after = m;
    moments_[moments_[m].after].before = m;
  }

  std::vector<Moment> moments_;
  std::vector<size_t> begins_;
  std::vector<size_t> ends_;
};

class Search {
 public:
  explicit Search(const std::vector<Step>& steps) : steps_(steps), timeline_(steps) {
    for (size_t s = 0; s < steps.size(); ++s) {
      if (steps[s].returned == kNever) perhaps_.push_back(s);
    }
    taken_.resize(steps.size());
  }

  Linearization Run(absl::Time deadline) {
    Linearization result;
    size_t moment = timeline_.first();
    size_t perhaps = 0;
    for (uint64_t tries = 0; timeline_.first() != Timeline::kHead; ++tries) {
      if (tries % 4096 == 4095 && absl::Now() > deadline) {
        result.verdict = Linearization::Verdict::kOutOfTime;
        return result;
      }
      const Timeline::Moment& at = timeline_[moment];
      if (!at.is_end) {
        if (Take(at.step, {.moment = moment})) {
          moment = timeline_.first();
          perhaps = 0;
        } else {
          moment = at.after;
        }
        continue;
      }
      // Nothing that surely happened can come next; then something that perhaps did.
      if (TakePerhaps(moment, perhaps, at.time)) {
        moment = timeline_.first();
        perhaps = 0;
        continue;
      }
      if (frames_.size() >= result.longest) {
        result.longest = frames_.size();
        result.stuck_at = steps_[at.step].text;
      }
      if (frames_.empty()) {
        result.verdict = Linearization::Verdict::kNone;
        return result;
      }
      const Frame frame = GiveBack();
      moment = frame.is_perhaps ? frame.moment : timeline_[frame.moment].after;
      perhaps = frame.is_perhaps ? frame.perhaps + 1 : 0;
    }
    return result;
  }

 private:
  // Where a step was taken, to go on from when that leads nowhere.
  struct Frame {
    size_t moment = 0;
    bool is_perhaps = false;
    size_t perhaps = 0;
    size_t step = 0;
    AccountModel before;
  };

  // False where the step cannot come next, or what would then be was tried before.
  bool Take(size_t step, Frame frame) {
    AccountModel after = model_;
    if (!steps_[step].apply(after)) return false;
    const uint64_t high = high_ ^ Spread(2 * step);
    const uint64_t low = low_ ^ Spread(2 * step + 1);
    if (!tried_.insert(MarkOf(high, low, after)).second) return false;
    frame.step = step;
    frame.before = std::exchange(model_, std::move(after));
    frames_.push_back(std::move(frame));
    high_ = high;
    low_ = low;
    taken_[step] = true;
    if (steps_[step].returned != kNever) timeline_.Lift(step);
    return true;
  }

  bool TakePerhaps(size_t moment, size_t from, int64_t by) {
    for (size_t p = from; p < perhaps_.size(); ++p) {
      const size_t step = perhaps_[p];
      if (taken_[step] || steps_[step].invoked > by) continue;
      if (Take(step, {.moment = moment, .is_perhaps = true, .perhaps = p})) return true;
    }
    return false;
  }

  Frame GiveBack() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (steps_[frame.step].returned != kNever) timeline_.PutBack(frame.step);
    taken_[frame.step] = false;
    high_ ^= Spread(2 * frame.step);
    low_ ^= Spread(2 * frame.step + 1);
    model_ = frame.before;
    return frame;
  }

  const std::vector<Step>& steps_;
  Timeline timeline_;
  // Steps without an end.
  std::vector<size_t> perhaps_;
  std::vector<bool> taken_;
  std::vector<Frame> frames_;
  AccountModel model_;
  // The set of steps taken.
  uint64_t high_ = 0;
  uint64_t low_ = 0;
  std::set<Mark> tried_;
};

}  // namespace

Linearization Linearize(const std::vector<Step>& steps, absl::Duration bound) {
  return Search(steps).Run(absl::Now() + bound);
}

}  // namespace bursar::nemesis
