#include "core/ops/einsum.h"

#include <algorithm>
#include <functional>

#include "core/base/error.h"
#include "core/ops/batch_matmul.h"
#include "core/ops/concatenate.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

bool has(const std::string& term, char axis) { return term.find(axis) != std::string::npos; }

std::string those(const std::string& term, const std::function<bool(char)>& wanted) {
  std::string kept;
  std::copy_if(term.begin(), term.end(), std::back_inserter(kept), wanted);
  return kept;
}

Value ordered(const Value& value, const std::string& term, const std::string& wanted) {
  std::vector<int> order;
  for (const char axis : wanted) order.push_back(static_cast<int>(term.find(axis)));
  return transpose(value, std::move(order));
}

std::vector<int64_t> extents(const Value& value, const std::string& term, const std::string& axes) {
  std::vector<int64_t> dims;
  for (const char axis : axes) dims.push_back(value.shape()[static_cast<int>(term.find(axis))]);
  return dims;
}

int64_t product(const std::vector<int64_t>& dims) { return Shape(dims).elements(); }

// Without the axes that nobody else has.
Value summed(const Value& value, std::string& term, const std::string& other,
             const std::string& result) {
  std::vector<int> alone;
  for (size_t i = 0; i < term.size(); ++i)
    if (!has(other, term[i]) && !has(result, term[i])) alone.push_back(static_cast<int>(i));
  if (alone.empty()) return value;
  term = those(term, [&](char axis) { return has(other, axis) || has(result, axis); });
  return reduce_sum(value, alone);
}

// What the axes of two sides and a result do: batch stand in all three, inner in both sides alone,
// rows and columns in the result and one side.
struct Roles {
  std::string batch, inner, rows, columns;

  explicit Roles(const EinsumTerms& t) {
    for (const char axis : t.left) {
      if (!has(t.right, axis))
        rows += axis;
      else
        (has(t.result, axis) ? batch : inner) += axis;
    }
    columns = those(t.right, [&](char axis) { return !has(t.left, axis); });
  }
};

// A product of matrices for each place of the batch.
Value multiplied(const Value& a, const Value& b, const EinsumTerms& t, const Roles& roles) {
  const Value left = ordered(a, t.left, roles.batch + roles.rows + roles.inner);
  const Value right = ordered(b, t.right, roles.batch + roles.inner + roles.columns);
  const auto shared = extents(a, t.left, roles.batch), above = extents(a, t.left, roles.rows),
             across = extents(b, t.right, roles.columns);
  const int64_t depth = product(extents(a, t.left, roles.inner));
  std::vector<int64_t> tall = shared.empty() ? above : shared, wide = shared, dims = shared;
  if (!shared.empty()) tall.push_back(product(above));
  tall.push_back(depth);
  wide.insert(wide.end(), {depth, product(across)});
  dims.insert(dims.end(), above.begin(), above.end());
  dims.insert(dims.end(), across.begin(), across.end());
  const Value m = reshape(left, Shape(tall)), n = reshape(right, Shape(wide));
  const Value y = reshape(shared.empty() ? matmul(m, n) : batch_matmul(m, n), Shape(dims));
  return ordered(y, roles.batch + roles.rows + roles.columns, t.result);
}

// A side of rows and one that all rows share: a product for each place of an axis of both.
Value multiplied_by_place(const Value& a, const Value& b, const EinsumTerms& t, char axis) {
  const auto without = [axis](std::string term) { return term.erase(term.find(axis), 1); };
  const auto place = [axis](const std::string& term) { return static_cast<int>(term.find(axis)); };
  const auto pieces = static_cast<int>(a.shape()[place(t.left)]);
  const auto as = split(a, pieces, place(t.left)), bs = split(b, pieces, place(t.right));
  const EinsumTerms rest{without(t.left), without(t.right), without(t.result)};
  const Roles roles(rest);
  std::vector<Value> products;
  for (size_t i = 0; i < as.size(); ++i) {
    const Value left = squeeze(as[i], place(t.left)), right = squeeze(bs[i], place(t.right));
    products.push_back(roles.batch.empty()
                           ? multiplied(left, right, rest, roles)
                           : multiplied_by_place(left, right, rest, roles.batch[0]));
  }
  return stack(products, place(t.result));
}

void check_term(const std::string& term, const std::string& equation, const std::string& where) {
  for (size_t i = 0; i < term.size(); ++i)
    if (!std::isalpha(static_cast<unsigned char>(term[i])) || has(term.substr(i + 1), term[i]))
      fail(where, "'{}' in the equation '{}' is no list of axes; write each as one letter, once",
           term, equation);
}

// `...` as letters that the equation does not use: those before 'A' are free.
std::string written_out(std::string term, int axes) {
  const size_t at = term.find("...");
  if (at == std::string::npos) return term;
  std::string letters;
  for (int i = 0; i < axes; ++i) letters += static_cast<char>('0' + i);
  return term.replace(at, 3, letters);
}

}  // namespace

EinsumTerms einsum_terms(const std::string& equation, int left_rank, int right_rank,
                         const std::string& where) {
  std::string text;
  for (const char c : equation)
    if (c != ' ') text += c;
  const size_t comma = text.find(','), arrow = text.find("->");
  if (comma == std::string::npos || arrow == std::string::npos || arrow < comma)
    fail(where, "'{}' is no equation of two sides; write it as 'ab,bc->ac'", equation);
  EinsumTerms terms{text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1),
                    text.substr(arrow + 2)};
  int open = 0;  // axes that `...` stands for
  for (auto [term, rank] : {std::pair{&terms.left, left_rank}, {&terms.right, right_rank}}) {
    const bool dots = term->find("...") != std::string::npos;
    const int letters = static_cast<int>(term->size()) - (dots ? 3 : 0);
    if (rank >= 0 && (dots ? rank < letters || rank - letters > 9 : rank != letters))
      fail(where, "'{}' of the equation '{}' does not fit a value of {} axes; change one", *term,
           equation, rank);
    if (dots) open = rank - letters;
  }
  for (std::string* term : {&terms.left, &terms.right, &terms.result}) {
    std::string letters = *term;
    if (const size_t at = letters.find("..."); at != std::string::npos) letters.erase(at, 3);
    check_term(letters, equation, where);
    *term = written_out(*term, open);
  }
  for (const char axis : terms.result)
    if (!has(terms.left, axis) && !has(terms.right, axis))
      fail(where, "'{}' of the result of '{}' is an axis of neither side; leave it out", axis,
           equation);
  return terms;
}

Value einsum(const std::string& equation, const Value& left, const Value& right) {
  EinsumTerms t = einsum_terms(equation, left.shape().rank(), right.shape().rank(), "einsum");
  const Value a = summed(left, t.left, t.right, t.result);
  const Value b = summed(right, t.right, t.left, t.result);
  const Roles roles(t);
  const std::string both = roles.batch + roles.inner;
  if (extents(a, t.left, both) != extents(b, t.right, both))
    fail("einsum", "{} and {} differ in an axis that '{}' has them share; make it equal",
         to_string(left.shape()), to_string(right.shape()), equation);
  if (roles.batch.empty() || a.kind() == b.kind()) return multiplied(a, b, t, roles);
  return multiplied_by_place(a, b, t, roles.batch[0]);
}

}  // namespace tutti
