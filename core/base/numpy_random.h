// NumPy's legacy generator, numpy.random.RandomState: bit for bit, so that a split by random_state
// takes the rows that scikit-learn takes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tutti {

class NumpyRandomState {
 public:
  explicit NumpyRandomState(uint32_t seed);

  uint32_t next();                      // MT19937 (Matsumoto and Nishimura, 1998)
  uint64_t interval(uint64_t largest);  // [0, largest], by masked rejection
  double uniform();                     // [0, 1), of 53 bits

  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i-- > 1;) std::swap(values[i], values[interval(i)]);
  }
  std::vector<int64_t> permutation(int64_t n);

 private:
  void twist();

  std::array<uint32_t, 624> state_;
  size_t position_;
};

}  // namespace tutti
