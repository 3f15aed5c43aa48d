// A data set batch by batch, for training loops of one's own.
#pragma once

#include <cstdint>
#include <iterator>

#include "core/model/row_order.h"
#include "io/dataset.h"

namespace tutti {

struct DataLoaderOptions {
  int64_t batch_size = 32;
  bool shuffle = true;     // by random_seed(), in another order each time
  bool drop_last = false;  // a batch of fewer rows
};

//   DataLoader loader(train, {.batch_size = 100});
//   for (int epoch = 0; epoch < 5; ++epoch)
//     for (const Dataset& batch : loader) model.train_on_batch(batch);
// gives the batches that fit() takes with the same seed. Rows are copied when a batch is reached.
class DataLoader {
 public:
  explicit DataLoader(Dataset data, DataLoaderOptions options = {});

  int64_t size() const;  // batches

  class Iterator {
   public:
    Dataset operator*() const;
    Iterator& operator++() {
      ++batch_;
      return *this;
    }
    bool operator!=(std::default_sentinel_t) const { return batch_ < loader_->size(); }

   private:
    friend class DataLoader;
    Iterator(const DataLoader* loader, const RowOrder& order) : loader_(loader), order_(order) {}
    const DataLoader* loader_;
    RowOrder order_;
    int64_t batch_ = 0;
  };
  Iterator begin();  // of the next epoch
  std::default_sentinel_t end() const { return {}; }

 private:
  Dataset data_;
  DataLoaderOptions options_;
  int64_t epoch_ = 0;
};

}  // namespace tutti
