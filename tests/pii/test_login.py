"""Passwords that a call is given by place."""

import pytest

from lunaroute.pii._login import find_login
from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        'DriverManager.getConnection(url, "jane", "⟦Wq8!zR_4kT⟧")',
        'mysqli_connect("localhost", "root", "⟦Wq8!zR_4kT⟧", "app")',
        "new PDO($dsn, 'root', '⟦Wq8!zR_4kT⟧')",
        'pymysql.connect("db", "root", "⟦Wq8!zR_4kT⟧", "app")',
        "new Sequelize('app', 'root', '⟦Wq8!zR_4kT⟧', {dialect: 'mysql'})",
        'smtp.PlainAuth("", "jane", "⟦Wq8!zR_4kT⟧", "smtp.x.test")',
        "await page.fill('input[name=password]', '⟦eVFR*skYL⟧')",
        """page.locator('#pwd').fill("⟦bfeDZ1b7a-AM⟧")""",
        "cy.get('#password').type('⟦Winter2024!⟧')",
        "cy.get('[name=password]').clear().type('⟦LhsPbxan8P30r_EsszU⟧')",
        "await user.type(screen.getByLabelText('Password'), '⟦Winter2024!⟧')",
        'driver.findElement(By.id("password")).sendKeys("⟦r3d1sP4ss⟧");',
        'driver.find_element(By.ID, "password").send_keys("⟦r3d1sP4ss⟧")',
        '{"code":"new PDO($dsn, \\"root\\", \\"⟦Wq8!zR_4kT⟧\\")"}',
    ],
)
def test_found(marked):
    check(marked, "password")


@pytest.mark.parametrize(
    "text",
    [
        "getConnection(url, user, password)",
        'getConnection("jdbc:mysql://db:3306/app")',
        'getConnection(url, "jane", "password")',
        'mysqli_connect("localhost", "root", "", "app")',
        "new PDO($dsn, $user, $pass)",
        "cy.get('#password').type(password)",
        "cy.get('#password').type('password')",
        "cy.get('#user').type('jane-2024')",
        "cy.get('#password').should('exist')\ncy.get('#user').type('jane2024')",
        "page.fill('#user', 'jane2024')",
        "user.type(screen.getByLabelText('Name'), 'jane2024')",
        "user.type(screen.getByLabelText('Password'), password)",
        "x.fill('#password1'",
        "new Sequelize('sqlite::memory:')",
        'getConnection("',
        "another(",
    ],
)
def test_not_found(text):
    assert find_login(text, 0, 0) is None
    check(text, "password")
