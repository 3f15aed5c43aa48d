#include "io/data_loader.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/seed.h"

namespace tutti {

DataLoader::DataLoader(Dataset data, DataLoaderOptions options)
    : data_(std::move(data)), options_(options) {
  if (options_.batch_size < 1)
    fail("DataLoader", "batch_size is {}; use 1 or more", options_.batch_size);
  if (size() == 0)
    fail(ExitCode::data, "DataLoader", "{} rows make no batch of {}; lower batch_size",
         data_.rows(), options_.batch_size);
}

int64_t DataLoader::size() const {
  const int64_t whole = data_.rows() / options_.batch_size;
  return whole + (!options_.drop_last && data_.rows() % options_.batch_size > 0);
}

DataLoader::Iterator DataLoader::begin() {
  return {this, RowOrder(random_seed(), epoch_++, data_.rows(), options_.shuffle)};
}

Dataset DataLoader::Iterator::operator*() const {
  const int64_t first = batch_ * loader_->options_.batch_size;
  const int64_t count = std::min(loader_->options_.batch_size, loader_->data_.rows() - first);
  std::vector<int64_t> rows(static_cast<size_t>(count));
  order_.fill(first, rows);
  return loader_->data_.take_rows(rows);
}

}  // namespace tutti
