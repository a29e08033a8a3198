// The real Kubernetes provider of Pulumi, compiled from its Go module.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

func main() {
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	// The schema is part of the module, and too large to be kept here: the build copies it beside the binary.
	schema, err := os.ReadFile(filepath.Join(filepath.Dir(self), "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	// The second document maps Terraform's names, which only `pulumi convert` asks for.
	provider.Serve("kubernetes", version.Version, schema, []byte("{}"))
}
