// The expressions. To add a program: write its outputs as the graph does, operation by operation,
// the one that reads most streams first, and name it in kPrograms.
#include "core/kernels/cpu/simd/known_programs.h"

#define TUTTI_SCALAR_NAMESPACE tutti::cpu::TUTTI_ISA
#include "core/ops/elementwise/add.h"
#include "core/ops/elementwise/div.h"
#include "core/ops/elementwise/mul.h"
#include "core/ops/elementwise/sqrt.h"
#include "core/ops/elementwise/square.h"
#include "core/ops/elementwise/sub.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

// --- expressions: types without members, so that writing one down is all there is to it ----------

constexpr int larger(int a, int b) { return a > b ? a : b; }

template <int index>
struct Stream {
  static constexpr int nodes = 1, streams = index + 1, scalars = 0;
  TUTTI_SCALAR float at(const float* const* in, const float*, int64_t i) { return in[index][i]; }
  static constexpr void describe(KnownNode*& to) { *to++ = {KnownNode::stream, index, 0, ""}; }
};

template <int index>
struct Scalar {
  static constexpr int nodes = 1, streams = 0, scalars = index + 1;
  TUTTI_SCALAR float at(const float* const*, const float* number, int64_t) { return number[index]; }
  static constexpr void describe(KnownNode*& to) { *to++ = {KnownNode::scalar, index, 0, ""}; }
};

template <class Op, class A, class... B>
struct Apply {
  static constexpr int nodes = 1 + (A::nodes + ... + B::nodes);
  static constexpr int streams = larger(A::streams, (0 + ... + B::streams));
  static constexpr int scalars = larger(A::scalars, (0 + ... + B::scalars));
  TUTTI_SCALAR float at(const float* const* in, const float* number, int64_t i) {
    return Op::template forward<float>(A::at(in, number, i), B::at(in, number, i)...);
  }
  static constexpr void describe(KnownNode*& to) {
    *to++ = {KnownNode::op, 0, 1 + sizeof...(B), Op::name};
    A::describe(to);
    (B::describe(to), ...);
  }
};

struct NamedAdd : Add {
  static constexpr const char* name = "add";
};
struct NamedSub : Sub {
  static constexpr const char* name = "sub";
};
struct NamedMul : Mul {
  static constexpr const char* name = "mul";
};
struct NamedDiv : Div {
  static constexpr const char* name = "div";
};
struct NamedSqrt : Sqrt {
  static constexpr const char* name = "sqrt";
};
struct NamedSquare : Square {
  static constexpr const char* name = "square";
};

template <class A, class B>
constexpr Apply<NamedAdd, A, B> operator+(A, B) {
  return {};
}
template <class A, class B>
constexpr Apply<NamedSub, A, B> operator-(A, B) {
  return {};
}
template <class A, class B>
constexpr Apply<NamedMul, A, B> operator*(A, B) {
  return {};
}
template <class A, class B>
constexpr Apply<NamedDiv, A, B> operator/(A, B) {
  return {};
}
template <class A>
constexpr Apply<NamedSqrt, A> sqrt(A) {
  return {};
}
template <class A>
constexpr Apply<NamedSquare, A> square(A) {
  return {};
}

template <class... E>
struct Outputs {
  static constexpr int count = sizeof...(E), nodes = (0 + ... + E::nodes);
};
template <class... E>
constexpr Outputs<E...> outputs(E...) {
  return {};
}

// --- from an expression to its loop and its description
// -------------------------------------------

template <class... E>
void run_known(Outputs<E...>, const float* const* in, const float* numbers, float* const* out,
               int64_t count) {
  float number[KnownPrograms::kMostScalars];
  for (int k = 0; k < KnownPrograms::kMostScalars; ++k) number[k] = numbers[k];
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const float results[] = {E::at(in, number, i)...};  // all, before an output replaces a stream
    int k = 0;
    ((static_cast<void>(E::nodes), out[k][i] = results[k], ++k), ...);
  }
}

template <class All>
void run_known(const float* const* in, const float* numbers, float* const* out, int64_t count) {
  run_known(All{}, in, numbers, out, count);
}

template <int count>
struct Nodes {
  KnownNode list[count];
};
template <class... E>
consteval auto describe(Outputs<E...> all) {
  Nodes<all.nodes> nodes{};
  KnownNode* to = nodes.list;
  (E::describe(to), ...);
  return nodes;
}
template <class All>
constexpr auto description = describe(All{});

template <class First, class... E>
consteval KnownProgram known(const char* name, Outputs<First, E...>) {
  using All = Outputs<First, E...>;
  return {name, First::streams, First::scalars, All::count, description<All>.list, run_known<All>};
}

// --- the programs -------------------------------------------------------------------------------

constexpr Stream<0> parameter;
constexpr Stream<1> gradient;
constexpr Scalar<0> rate;
constexpr Scalar<1> decay;

constexpr auto decayed = parameter - parameter * decay * rate;

template <class Parameter>
constexpr auto adam(Parameter p) {
  constexpr Stream<2> m;
  constexpr Stream<3> v;
  constexpr Scalar<2> scaled_rate;
  constexpr Scalar<3> take_m;
  constexpr Scalar<4> take_v;
  constexpr Scalar<5> epsilon;
  constexpr auto new_m = m + (gradient - m) * take_m;
  constexpr auto new_v = v + (square(gradient) - v) * take_v;
  return outputs(p - new_m * scaled_rate / (sqrt(new_v) + epsilon), new_m, new_v);
}

template <class Parameter>
constexpr auto momentum(Parameter p) {
  constexpr Stream<2> velocity;
  constexpr Scalar<2> kept;
  constexpr auto moved = velocity * kept - gradient * rate;
  return outputs(p + moved, moved);
}

template <class Parameter>
constexpr auto nesterov(Parameter p) {
  constexpr Stream<2> velocity;
  constexpr Scalar<2> kept;
  constexpr auto step = gradient * rate;
  constexpr auto moved = velocity * kept - step;
  return outputs(p + (moved * kept - step), moved);
}

constexpr KnownProgram kPrograms[] = {
    known("Adam", adam(parameter)),
    known("AdamW", adam(decayed)),
    known("SGD", outputs(parameter - gradient * rate)),
    known("SGD with decay", outputs(decayed - gradient * rate)),
    known("momentum", momentum(parameter)),
    known("momentum with decay", momentum(decayed)),
    known("nesterov", nesterov(parameter)),
    known("nesterov with decay", nesterov(decayed)),
};

}  // namespace

constinit const KnownPrograms known_programs = {kPrograms, sizeof kPrograms / sizeof kPrograms[0]};

}  // namespace tutti::cpu::TUTTI_ISA
