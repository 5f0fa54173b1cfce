# One image with the three binaries: `paygate` (the default), `paygate-api`, `paygate-worker`.

# A Debian 13, as the last stage is: what is linked here must find the same glibc there.
ARG RUST_VERSION=1.95
FROM rust:${RUST_VERSION}-slim-trixie AS chef
RUN cargo install cargo-chef --version 0.1.77 --locked
WORKDIR /build

# The manifests and the lock file, boiled down to one file that changes only when they do.
FROM chef AS recipe
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=recipe /build/recipe.json recipe.json
# The dependencies, in a layer of their own: a change of our sources does not build them again.
RUN cargo chef cook --profile dist --locked --package paygate
COPY . .
RUN cargo build --profile dist --locked --package paygate

# glibc, libgcc, the certificates TLS needs, and the user `nonroot` (65532). No shell: the health
# check is `paygate health`.
FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build \
    /build/target/dist/paygate \
    /build/target/dist/paygate-api \
    /build/target/dist/paygate-worker \
    /usr/local/bin/
# Without a token the API refuses to start on this address: set PAYGATE_API_TOKEN, or
# INSECURE_NO_AUTH=true where the port is published on loopback only.
ENV HOST=0.0.0.0
# The user's own folder, and the only one it may write to: paygate.db and paygate-acquirer.jsonl
# go there.
WORKDIR /home/nonroot
# The API; the simulated acquirer.
EXPOSE 8080 8090
CMD ["paygate"]
