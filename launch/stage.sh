# Sourced by launch/quickstart and tests/run: stages that say what they do and how long it took.
# Every script that sources this has set `root` to the repository's root and `name` to its own name.

# stage TEXT COMMAND...: prints the text, runs the command, prints its seconds; ends the script if it fails.
stage() {
  local text="$1" begin="$SECONDS"
  shift
  echo "[$name] $text"
  "$@" || fail "this stage failed: $text"
  echo "[$name] done in $((SECONDS - begin)) s"
}

fail() {
  echo "[$name] $1" >&2
  exit 1
}

# How many compilers at once: one per core, and 1.5 GiB of memory for each.
build_jobs() {
  local cores memory_mib jobs
  cores="$(nproc)"
  memory_mib="$(awk '/MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)"
  jobs="$((memory_mib / 1536))"
  [ "$jobs" -ge 1 ] || jobs=1
  [ "$jobs" -le "$cores" ] || jobs="$cores"
  echo "$jobs"
}

# configure PRESET [ARGUMENT...]: its output is shown only when it fails.
configure() {
  local preset="$1" log="$root/build/$1/configure.log"
  mkdir -p "$root/build/$preset"
  (cd "$root" && cmake --preset "$@") >"$log" 2>&1 || { cat "$log" >&2; return 1; }
}

# What builds and tests run under: nothing, or setarch for sanitizers.
runner=()

# build PRESET TARGET...
build() {
  local preset="$1"
  shift
  "${runner[@]}" cmake --build "$root/build/$preset" --parallel "$(build_jobs)" --target "$@"
}

# Open MPI under conditions that it does not expect by default: root in a container, more ranks than
# cores, no permission to read another process's memory.
mpi_environment() {
  if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
  export OMPI_MCA_btl_vader_single_copy_mechanism=none
}
