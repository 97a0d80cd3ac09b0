"""The DMP itself (DMP-compatibilité v2, guide SEL-MP-037): what its services ask beyond IHE XDS."""
