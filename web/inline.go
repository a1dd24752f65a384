package web

import (
	"fmt"
	"html/template"
	"strconv"
	"text/template/parse"
)

// askedInCode are the texts that Go asks for; those of the templates are read
// from their parse trees.
var askedInCode = []string{
	fieldKey, literalKey, languageName, titleKey, challengeKey, statusKey, phaseKey, requestedKey, phoneKey, oauthKey,
}

// askedKeys returns the keys given to the method T in all templates. A key
// that is not a string constant is refused, because nobody could check it.
func askedKeys(t *template.Template) (keys []string, err error) {
	eachNode(t, func(n parse.Node) {
		c, ok := n.(*parse.CommandNode)
		if !ok || !callsT(c) {
			return
		}
		if key, ok := keyOf(c); ok {
			keys = append(keys, key)
			return
		}
		err = fmt.Errorf("template text %q: the key must be a string constant: use a family such as \"error.*\"", c)
	})
	return keys, err
}

// inline writes the texts of one skin and language into the templates in
// place of the calls that ask for them, so that a page need not look. Only
// families, whose value a page brings, are still asked for.
func inline(t *template.Template, words texts) {
	eachNode(t, func(n parse.Node) {
		switch n := n.(type) {
		case *parse.ListNode: // {{.T "key"}} between markup: plain in text and in quoted attributes
			for i, child := range n.Nodes {
				if action, ok := child.(*parse.ActionNode); ok && len(action.Pipe.Decl) == 0 {
					if s, ok := constant(action.Pipe, words); ok {
						n.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: action.Pos, Text: []byte(template.HTMLEscapeString(s))}
					}
				}
			}
		case *parse.CommandNode: // (.T "key") as an argument
			for i, arg := range n.Args {
				if pipe, ok := arg.(*parse.PipeNode); ok {
					if s, ok := constant(pipe, words); ok {
						n.Args[i] = &parse.StringNode{NodeType: parse.NodeString, Pos: pipe.Pos, Quoted: strconv.Quote(s), Text: s}
					}
				}
			}
		}
	})
}

// constant returns the text that a pipeline stands for, if it only asks for one.
func constant(p *parse.PipeNode, words texts) (string, bool) {
	if len(p.Cmds) != 1 || !callsT(p.Cmds[0]) || len(p.Cmds[0].Args) != 2 {
		return "", false
	}
	key, ok := keyOf(p.Cmds[0])
	if !ok {
		return "", false
	}
	s, err := words.find(key)
	return s, err == nil
}

// callsT tells whether a command is .T or $.T with its arguments.
func callsT(c *parse.CommandNode) bool {
	switch n := c.Args[0].(type) {
	case *parse.FieldNode:
		return len(n.Ident) == 1 && n.Ident[0] == "T"
	case *parse.VariableNode:
		return len(n.Ident) == 2 && n.Ident[0] == "$" && n.Ident[1] == "T"
	}
	return false
}

func keyOf(c *parse.CommandNode) (string, bool) {
	if len(c.Args) < 2 {
		return "", false
	}
	s, ok := c.Args[1].(*parse.StringNode)
	if !ok {
		return "", false
	}
	return s.Text, true
}

// eachNode visits the lists and commands of all templates, a parent before
// its children.
func eachNode(t *template.Template, visit func(parse.Node)) {
	for _, one := range t.Templates() {
		if one.Tree != nil {
			walk(one.Tree.Root, visit)
		}
	}
}

func walk(n parse.Node, visit func(parse.Node)) {
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		visit(n)
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, visit)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			visit(c)
			for _, arg := range c.Args {
				walk(arg, visit)
			}
		}
	}
}
