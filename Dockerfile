# syntax=docker/dockerfile:1

# The program is built on the machine's own platform, for whichever platform is asked for.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
# Without a VERSION the program calls itself (devel).
ARG VERSION TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -tags nomsgpack -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/stuntbank ./cmd/stuntbank

# Nothing but the program: no shell, no libraries, no certificates (it calls nobody), no
# time zones, no folder to write to. `docker run --read-only --cap-drop=ALL` changes nothing.
FROM scratch
COPY LICENSE /LICENSE
COPY --from=build /out/stuntbank /stuntbank
USER 65532:65532
# A container is reached through its own address; what is published is the caller's choice.
ENV STUNTBANK_LISTEN=0.0.0.0:8080 STUNTBANK_CONTRACT=full
EXPOSE 8080
# Asks http://127.0.0.1:8080; STUNTBANK_URL names another port.
HEALTHCHECK --interval=2s --timeout=3s --start-period=5s --retries=3 CMD ["/stuntbank", "health"]
ENTRYPOINT ["/stuntbank"]
CMD ["serve"]
