// A seam: a service that is reached through an abstract class, so that a test can put one in its
// place that fails, delays or replays.
//
//   FakeClock fake;
//   Replace<Clock> replaced(fake);   // until the end of the scope
#pragma once

#include <atomic>

namespace tutti {

// T has `static T& real()`. Replace at the start of a test, before threads use the service.
template <typename T>
class Replace;

template <typename T>
class Seam {
 public:
  static T& current() {
    T* replacement = replacement_.load(std::memory_order_acquire);
    return replacement ? *replacement : T::real();
  }

 private:
  friend class Replace<T>;
  static inline std::atomic<T*> replacement_{nullptr};
};

template <typename T>
class Replace {
 public:
  explicit Replace(T& replacement) : previous_(Seam<T>::replacement_.exchange(&replacement)) {}
  ~Replace() { Seam<T>::replacement_ = previous_; }
  Replace(const Replace&) = delete;
  Replace& operator=(const Replace&) = delete;

 private:
  T* previous_;
};

}  // namespace tutti
